import { sql, type RawBuilder } from 'kysely';

/**
 * The blobs for an `in`, as one parameter, given in hex: compiling and binding a statement with a thousand blobs took a third
 * of its time.
 */
export function listedBlobs(values: readonly string[]): RawBuilder<Uint8Array> {
  return sql<Uint8Array>`(select unhex(value) from json_each(${JSON.stringify(values)}))`;
}
