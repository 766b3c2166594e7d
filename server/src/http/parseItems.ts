import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod';
import { WireError } from '../errors';
import { parse } from './parse';

/** Parsing this many items takes some milliseconds. */
const sliceItems = 200;
/** A client leaves the named paths out and repeats the request, so it learns of further ones. */
const maxNamedPaths = 1_000;

/**
 * Parses a list of any length and yields to other requests between slices. It stops at the slice that is not valid, except
 * that it goes on to find up to 1,000 invalid paths. Throws invalid_request, invalid_path.
 */
export async function parseItems<T extends z.ZodType>(item: T, values: readonly unknown[]): Promise<z.output<T>[]> {
  const list = z.array(item);
  const items: z.output<T>[] = [];
  let invalid: WireError | undefined;
  for (let start = 0; start < values.length; start += sliceItems) {
    if (start > 0) await nextTurn();
    try {
      const parsed = parse(list, values.slice(start, start + sliceItems));
      if (invalid === undefined) for (const each of parsed) items.push(each);
    } catch (error) {
      if (!(error instanceof WireError) || error.code !== 'invalid_path') throw error;
      invalid = invalid === undefined ? error : withPathsOf(invalid, error);
      if ((invalid.details?.paths?.length ?? 0) >= maxNamedPaths) throw invalid;
    }
  }
  if (invalid !== undefined) throw invalid;
  return items;
}

function withPathsOf(first: WireError, next: WireError): WireError {
  const paths = [...(first.details?.paths ?? []), ...(next.details?.paths ?? [])];
  return new WireError(first.code, first.message, { paths });
}
