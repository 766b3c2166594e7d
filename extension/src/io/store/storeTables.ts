import type { Database } from 'sql.js';
import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import type { Rule } from '../../core/tracking/rule';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { bucketOf } from '../entries/storeBuckets';
import { packEntries, packObservations, unpackEntries, unpackObservations } from '../entries/packedEntries';

export type TableName = 'rule' | 'ancestor' | 'held_back' | 'observation';

/** One bucket of a table, packed; null if it is empty. */
export interface StoredBucket {
  readonly table: TableName;
  readonly bucket: number;
  readonly entries: Uint8Array | null;
}

/** How one of the state's maps stands in the database. */
export interface StoreTable<T> {
  readonly name: TableName;
  readonly pack: (rows: readonly Item<T>[]) => Uint8Array;
  /** Throws when the bytes cannot be what was packed. The items are to be gone through once. */
  readonly unpack: (bytes: Uint8Array) => Iterable<Item<T>>;
}

export type Item<T> = readonly [path: string, value: T];

export const ruleTable: StoreTable<Rule> = {
  name: 'rule',
  pack: (rows) => Buffer.from(JSON.stringify(rows.map(([, { path, kind, effect }]) => [path, kind, effect]))),
  unpack: (bytes) =>
    (JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown[][]).map(([path, kind, effect]) => [
      text(path),
      {
        path: text(path),
        kind: oneOf(text(kind), ['file', 'folder']),
        // Earlier versions wrote 'leave'.
        effect: effect === 'leave' ? 'untrack' : oneOf(text(effect), ['track', 'untrack']),
      },
    ]),
};

export const ancestorTable: StoreTable<Entry> = {
  name: 'ancestor',
  pack: packEntries,
  unpack: (bytes) => unpackEntries(bytes).map(([path, entry]) => [path, entry ?? impossible(path)]),
};

export const unappliedRemoteTable: StoreTable<Entry | null> = {
  name: 'held_back',
  pack: packEntries,
  unpack: unpackEntries,
};

export const observationTable: StoreTable<Observation> = {
  name: 'observation',
  pack: (rows) => packObservations(rows.map(([, seen]) => seen)),
  unpack: (bytes) => byPath(unpackObservations(bytes)),
};

/** One pair at a time: all of them would stay until the last is taken in, twice as much to collect around. */
function* byPath(all: readonly Observation[]): Generator<Item<Observation>> {
  for (const seen of all) yield [seen.path, seen];
}

export function createTable(name: TableName): string {
  return `CREATE TABLE ${name} (bucket INTEGER PRIMARY KEY, entries BLOB NOT NULL)`;
}

/** Reads a table bucket by bucket, into memory that all threads share. */
export function readTable(database: Database, name: TableName): Uint8Array[] {
  const buckets: Uint8Array[] = [];
  // Named, so that a table that lacks one is found out.
  const statement = database.prepare(`SELECT entries FROM ${name} ORDER BY bucket`);
  try {
    while (statement.step()) {
      const [entries] = statement.get();
      if (!(entries instanceof Uint8Array)) throw new TypeError(`${String(entries)} holds no entries`);
      const shared = new Uint8Array(new SharedArrayBuffer(entries.length));
      shared.set(entries);
      buckets.push(shared);
    }
  } finally {
    statement.free();
  }
  return buckets;
}

/** All that stands now in the buckets `changed`, in which nothing may be left. */
export function* rowsOfBucketsSteps<T>(
  current: ReadonlyMap<string, T>,
  changed: ReadonlySet<number>,
): CooperativeTask<ReadonlyMap<number, readonly Item<T>[]>> {
  const rows = new Map<number, Item<T>[]>();
  for (const bucket of changed) rows.set(bucket, []);
  if (rows.size === 0) return rows;
  let looked = 0;
  for (const item of current) {
    rows.get(bucketOf(item[0]))?.push(item);
    if (++looked % stepSize === 0) yield;
  }
  return rows;
}

/** All of `items` in their buckets. */
export function bucketRows<T>(items: readonly Item<T>[]): ReadonlyMap<number, readonly Item<T>[]> {
  return Map.groupBy(items, ([path]) => bucketOf(path));
}

/** Packs bucket after bucket; the caller may pause after each. */
export function* packBuckets<T>(
  table: StoreTable<T>,
  rows: ReadonlyMap<number, readonly Item<T>[]>,
): Generator<StoredBucket> {
  for (const [bucket, items] of [...rows].sort(([a], [b]) => a - b)) {
    yield { table: table.name, bucket, entries: items.length === 0 ? null : table.pack(items) };
  }
}

export function writeBuckets(database: Database, buckets: Iterable<StoredBucket>): void {
  for (const { table, bucket, entries } of buckets) {
    if (entries === null) database.run(`DELETE FROM ${table} WHERE bucket = ?`, [bucket]);
    else database.run(`REPLACE INTO ${table} VALUES (?, ?)`, [bucket, entries]);
  }
}

function impossible(path: string): never {
  throw new TypeError(`what was agreed on at ${path} is a deletion`);
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${String(value)} is no text`);
  return value;
}

function oneOf<T extends string>(value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new TypeError(`"${value}" is none of ${known.join()}`);
  return found;
}
