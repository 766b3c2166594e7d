import { Hono, type Context } from 'hono';
import { compress } from 'hono/compress';
import type { PathDifference, PathHistory, RevisionList } from '../contract/history';
import { path as pathSchema } from '../contract/schemas';
import type { AppEnv } from '../http/appEnv';
import type { LongResponses } from '../http/longResponses';
import { parse } from '../http/parse';
import { queryNumber } from '../http/queryNumber';
import { compareRevisions, revisionDetail, type CompareServices } from './compareRevisions';
import { jsonPieces, type PagedList } from '../http/pagedList';
import { slowResponse } from '../http/slowResponse';
import type { Page } from './revisionRepository';

const defaultLimit = 50;
const limitSchema = queryNumber('limit').refine(
  (limit) => limit >= 1 && limit <= 200,
  'limit is not between 1 and 200',
);

export type HistoryServices = CompareServices & { readonly longResponses: LongResponses };

export function historyRoutes(services: HistoryServices): Hono<AppEnv> {
  const { trees, revisions, longResponses } = services;
  const routes = new Hono<AppEnv>();

  routes.get('/:tree/revisions', longResponses.middleware, compress(), async (context) => {
    const page = pageOf(context.req.query());
    const tree = await trees.find(context.req.param('tree'));
    return context.json<RevisionList>(await revisions.list(tree.id, page));
  });

  routes.get('/:tree/revisions/:number', compress(), async (context) => {
    const number = parse(queryNumber('revision'), context.req.param('number'));
    const treeName = context.req.param('tree');
    const withRemoved = context.req.query('removed') === '1';
    return slowChanges(context, () => revisionDetail(services, { treeName, number, withRemoved }));
  });

  routes.get('/:tree/compare', compress(), async (context) => {
    const { from, to, removed } = context.req.query();
    const range = {
      from: parse(queryNumber('from'), from),
      to: parse(queryNumber('to'), to),
      withRemoved: removed === '1',
    };
    const treeName = context.req.param('tree');
    return slowChanges(context, () => compareRevisions(services, { treeName, ...range }));
  });

  routes.get('/:tree/history', longResponses.middleware, compress(), async (context) => {
    const page = pageOf(context.req.query());
    const path = parse(pathSchema, context.req.query('path'));
    const tree = await trees.find(context.req.param('tree'));
    return context.json<PathHistory>(await revisions.ofPath(tree.id, path, page));
  });

  return routes;

  function slowChanges(context: Context<AppEnv>, compare: () => Promise<PagedList<PathDifference>>): Promise<Response> {
    const work = async (): Promise<PagedList<PathDifference>> => {
      await longResponses.enter(context);
      return compare();
    };
    const body = (list: PagedList<PathDifference>) => jsonPieces(list, 'changes');
    return slowResponse(context, { work, body, contentType: 'application/json' });
  }
}

function pageOf({ before, limit }: Record<string, string>): Page {
  return {
    before: before === undefined ? Number.MAX_SAFE_INTEGER : parse(queryNumber('before'), before),
    limit: limit === undefined ? defaultLimit : parse(limitSchema, limit),
  };
}
