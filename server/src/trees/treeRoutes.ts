import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { ndjsonType } from '../contract/ndjson';
import type { TreeList, TreeSummary } from '../contract/schemas';
import type { AppEnv } from '../http/appEnv';
import type { LongResponses } from '../http/longResponses';
import { parse } from '../http/parse';
import { queryNumber } from '../http/queryNumber';
import { jsonPieces, ndjsonPieces } from '../http/pagedList';
import { slowResponse } from '../http/slowResponse';
import { readOnlyError, tokenAllows } from '../tokens/authenticate';
import type { Table, TreeRepository } from './treeRepository';

export interface TreeServices {
  readonly trees: TreeRepository;
  readonly longResponses: LongResponses;
}

export function treeRoutes({ trees, longResponses }: TreeServices): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();

  routes.get('/', async (context) => {
    const token = context.get('token');
    const allowed = (await trees.list()).filter((tree) => tokenAllows(token, tree.name));
    return context.json<TreeList>({ trees: allowed });
  });

  routes.put('/:tree', async (context) => {
    const name = context.req.param('tree');
    if (context.get('token').readOnly && !(await trees.has(name))) throw readOnlyError();
    const { created, tree } = await trees.ensure(name);
    return context.json<TreeSummary>({ name: tree.name, revision: tree.head }, created ? 201 : 200);
  });

  routes.get('/:tree/files', compress({ contentTypeFilter: isTable }), async (context) => {
    const since = parse(queryNumber('since'), context.req.query('since') ?? '0');
    const { sinceId } = context.req.query();
    const name = context.req.param('tree');
    const reader = context.get('token').name;
    const work = async (): Promise<Table> => {
      await longResponses.enter(context);
      return trees.table(name, { since, sinceId, reader });
    };
    context.header('vary', 'Accept');
    return context.req.header('accept')?.includes(ndjsonType) === true
      ? slowResponse(context, { work, body: ndjsonPieces, contentType: ndjsonType })
      : slowResponse(context, { work, body: jsonTable, contentType: 'application/json' });
  });

  return routes;
}

function jsonTable({ head, pages }: Table): AsyncIterable<string> {
  return jsonPieces({ head: { ...head, count: undefined }, pages }, 'files');
}

function isTable(contentType: string): boolean {
  return contentType.startsWith('application/json') || contentType.startsWith(ndjsonType);
}
