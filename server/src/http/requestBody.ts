import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context, HonoRequest } from 'hono';
import * as z from 'zod';
import { ndjsonType, ndjsonValues } from '../contract/ndjson';
import { WireError } from '../errors';
import { parse } from './parse';

/** A body up to this size is read at once, which is faster than reading its stream. */
const maxWholeBodyBytes = 1 << 18;

/** Reads a JSON body of at most `maxBytes`. Throws body_too_large, invalid_request, invalid_path. */
export async function parseBody<T extends z.ZodType>(
  { req }: Context,
  schema: T,
  maxBytes: number,
): Promise<z.output<T>> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of readBody(req, maxBytes)) text += decoder.decode(chunk, { stream: true });
  let body: unknown;
  try {
    body = JSON.parse(text + decoder.decode());
  } catch (error) {
    throw notJson(error);
  }
  return parse(schema, body);
}

export function isNdjson({ req }: Context): boolean {
  return req.header('content-type')?.startsWith(ndjsonType) === true;
}

/**
 * Reads an NDJSON body of at most `maxBytes`. A body of 100,000 lines takes seconds, so the reader yields to other
 * requests between chunks. Throws body_too_large, invalid_request, invalid_path.
 */
export async function parseNdjson<Head extends z.ZodType<{ readonly count: number }>, Item extends z.ZodType>(
  { req }: Context,
  schemas: { readonly head: Head; readonly item: Item },
  maxBytes: number,
): Promise<{ head: z.output<Head>; items: z.output<Item>[] }> {
  let head: z.output<Head> | undefined;
  const items: z.output<Item>[] = [];
  const list = z.array(schemas.item);
  try {
    for await (const values of ndjsonValues(readBody(req, maxBytes))) {
      head ??= parse(schemas.head, values.shift());
      for (const item of parse(list, values)) items.push(item);
      if (items.length < head.count) await nextTurn();
    }
  } catch (error) {
    throw error instanceof SyntaxError ? notJson(error) : error;
  }
  const { count } = (head ??= parse(schemas.head, undefined));
  if (items.length === count) return { head, items };
  throw new WireError('invalid_request', `the request declares ${count} items and has ${items.length}`);
}

/** Replaces Hono's own body limit, which copies a body without a content-length twice. */
async function* readBody(request: HonoRequest, maxBytes: number): AsyncGenerator<Uint8Array, undefined> {
  const checkSize = (bytes: number): void => {
    if (bytes > maxBytes) throw new WireError('body_too_large', `a request body may have at most ${maxBytes} bytes`);
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
