import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context, HonoRequest } from 'hono';
import type * as z from 'zod';
import { maxItems, maxJsonBodyBytes } from '../contract/limits';
import { ndjsonType, ndjsonValues } from '../contract/ndjson';
import { WireError } from '../errors';
import { ByteCollector } from './byteCollector';
import { completeLines } from './completeLines';
import { isTooDeep } from './jsonDepth';
import { parse } from './parse';
import { parseItems } from './parseItems';

/** A body up to this size is read at once, which is faster than reading its stream. */
const maxWholeBodyBytes = 1 << 18;

/** The schemas of a request that is a list: in JSON, the items are in the field `list`; in NDJSON, they follow the head. */
export interface ListSchemas<Head extends z.ZodType, Item extends z.ZodType> {
  readonly head: Head;
  readonly list: string;
  readonly item: Item;
}

interface ParsedList<Head extends z.ZodType, Item extends z.ZodType> {
  readonly head: z.output<Head>;
  readonly items: z.output<Item>[];
}

/** Reads a list of any request. Throws body_too_large, invalid_request, invalid_path. */
export async function parseList<Head extends z.ZodType<{ readonly count: number }>, Item extends z.ZodType>(
  context: Context,
  schemas: ListSchemas<Head, Item>,
  maxBytes: number,
): Promise<ParsedList<Head, Item>> {
  const isNdjson = context.req.header('content-type')?.startsWith(ndjsonType) === true;
  return isNdjson ? parseNdjson(context.req, schemas, maxBytes) : parseJson(context.req, schemas, maxBytes);
}

/** V8 parses JSON in one go, in which the server responds to nobody. So a body of JSON has to be short. */
async function parseJson<Head extends z.ZodType<{ readonly count: number }>, Item extends z.ZodType>(
  request: HonoRequest,
  { head, list, item }: ListSchemas<Head, Item>,
  maxBytes: number,
): Promise<ParsedList<Head, Item>> {
  const collected = new ByteCollector();
  const advice = `; send a longer one as ${ndjsonType}`;
  for await (const chunk of readBody(request, Math.min(maxJsonBodyBytes, maxBytes), advice)) collected.add(chunk);
  const bytes = collected.take();
  if (isTooDeep(bytes)) throw tooDeep();
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString());
  } catch (error) {
    throw notJson(error);
  }
  const values = (body as Record<string, unknown> | null)?.[list];
  if (!Array.isArray(values)) throw new WireError('invalid_request', `${list}: is not an array`);
  const parsedHead = parse(head, Object.assign(body as object, { count: values.length }));
  requireCount(values.length);
  return { head: parsedHead, items: await parseItems(item, values) };
}

/** A body of 100,000 lines takes seconds, so the reader yields to other requests between chunks. */
async function parseNdjson<Head extends z.ZodType<{ readonly count: number }>, Item extends z.ZodType>(
  request: HonoRequest,
  { head: headSchema, item }: ListSchemas<Head, Item>,
  maxBytes: number,
): Promise<ParsedList<Head, Item>> {
  let head: z.output<Head> | undefined;
  const items: z.output<Item>[] = [];
  try {
    for await (const values of ndjsonValues(checkedLines(readBody(request, maxBytes)))) {
      if (head === undefined) requireCount((head = parse(headSchema, values.shift())).count);
      if (items.length + values.length > head.count) throw wrongCount(head.count, items.length + values.length);
      for (const parsed of await parseItems(item, values)) items.push(parsed);
      if (items.length < head.count) await nextTurn();
    }
  } catch (error) {
    throw error instanceof SyntaxError ? notJson(error) : error;
  }
  const { count } = (head ??= parse(headSchema, undefined));
  if (items.length === count) return { head, items };
  throw wrongCount(count, items.length);
}

async function* checkedLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  for await (const lines of completeLines(chunks)) {
    if (isTooDeep(lines)) throw tooDeep();
    yield lines;
  }
}

function requireCount(count: number): void {
  if (count <= maxItems) return;
  throw new WireError('body_too_large', `a request may have at most ${maxItems} items, not ${count}`);
}

function wrongCount(declared: number, received: number): WireError {
  return new WireError('invalid_request', `the request declares ${declared} items and has ${received}`);
}

/** Replaces Hono's own body limit, which copies a body without a content-length twice. */
async function* readBody(request: HonoRequest, maxBytes: number, advice = ''): AsyncGenerator<Uint8Array, undefined> {
  const checkSize = (bytes: number): void => {
    const message = `this request body may have at most ${maxBytes} bytes${advice}`;
    if (bytes > maxBytes) throw new WireError('body_too_large', message);
  };
  const length = Number(request.header('content-length') ?? Number.NaN);
  checkSize(length);
  if (length <= maxWholeBodyBytes) {
    yield new Uint8Array(await request.arrayBuffer());
    return;
  }
  let bytes = 0;
  for await (const chunk of request.raw.body ?? []) {
    checkSize((bytes += chunk.length));
    yield chunk;
  }
}

function notJson(cause: unknown): WireError {
  return new WireError('invalid_request', 'the request body is not JSON', undefined, { cause });
}

function tooDeep(): WireError {
  return new WireError('invalid_request', 'the request body nests values too deeply');
}
