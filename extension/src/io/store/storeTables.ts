import type { Database } from 'sql.js';
import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import type { FileIdentity } from '../../core/tracking/fileIdentity';
import type { Rule } from '../../core/tracking/rule';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { bucketOf } from '../entries/storeBuckets';
import { packEntries, packObservations, unpackEntries, unpackObservations } from '../entries/packedEntries';

/** The names on the disk, which cannot change: `held_back` has the unapplied remote. */
export type TableName = 'rule' | 'ancestor' | 'held_back' | 'observation';

/** One bucket of a table, packed; null if it is empty. */
export interface StoredBucket {
  readonly table: TableName;
  readonly bucket: number;
  readonly entries: Uint8Array | null;
}

/** The format of one of the state's maps in the database. */
export interface StoreTable<T> {
  readonly name: TableName;
  readonly pack: (rows: readonly TableItem<T>[]) => Uint8Array;
  /** Throws if the bytes are damaged. The items can be iterated once. */
  readonly unpack: (bytes: Uint8Array) => Iterable<TableItem<T>>;
}

/** One key of a map with its value. */
export type TableItem<T> = readonly [path: string, value: T];

export const ruleTable: StoreTable<Rule> = {
  name: 'rule',
  pack: (rows) => Buffer.from(JSON.stringify(rows.map(([, rule]) => packRule(rule)))),
  unpack: (bytes) =>
    (JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown[][]).map((row) => [text(row[0]), unpackRule(row)]),
};

function packRule({ path, kind, effect, identity, renamedTo }: Rule): unknown[] {
  const known = identity && [identity.dev, identity.ino, identity.birth, identity.links];
  if (renamedTo !== undefined) return [path, kind, effect, known ?? null, renamedTo];
  return known === undefined ? [path, kind, effect] : [path, kind, effect, known];
}

function unpackRule([path, kind, effect, identity, renamedTo]: readonly unknown[]): Rule {
  return {
    path: text(path),
    kind: oneOf(text(kind), ['file', 'folder']),
    // Earlier versions wrote 'leave', and no identity.
    effect: effect === 'leave' ? 'untrack' : oneOf(text(effect), ['track', 'untrack']),
    ...(Array.isArray(identity) ? { identity: unpackIdentity(identity) } : {}),
    ...(renamedTo === undefined ? {} : { renamedTo: text(renamedTo) }),
  };
}

function unpackIdentity([dev, ino, birth, links]: readonly unknown[]): FileIdentity {
  return { dev: text(dev), ino: text(ino), birth: text(birth), links: Number(links) };
}

export const ancestorTable: StoreTable<Entry> = {
  name: 'ancestor',
  pack: packEntries,
  unpack: (bytes) => unpackEntries(bytes).map(([path, entry]) => [path, entry ?? noDeletion(path)]),
};

export const unappliedRemoteTable: StoreTable<Entry | null> = {
  name: 'held_back',
  pack: packEntries,
  unpack: unpackEntries,
};

export const observationTable: StoreTable<Observation> = {
  name: 'observation',
  pack: (rows) => packObservations(rows.map(([, observation]) => observation)),
  unpack: (bytes) => byPath(unpackObservations(bytes)),
};

/** Creates one pair at a time: an array of all pairs would live until the last is used, and double the garbage. */
function* byPath(observations: readonly Observation[]): Generator<TableItem<Observation>> {
  for (const observation of observations) yield [observation.path, observation];
}

/** The SQL that creates a table. */
export function createTable(name: TableName): string {
  return `CREATE TABLE ${name} (bucket INTEGER PRIMARY KEY, entries BLOB NOT NULL)`;
}

/** Reads the buckets of a table into memory that threads share. Throws if the table or a blob is missing. */
export function readTable(database: Database, name: TableName): Uint8Array[] {
  const buckets: Uint8Array[] = [];
  // Names its columns, so that it fails for a table without them.
  const statement = database.prepare(`SELECT entries FROM ${name} ORDER BY bucket`);
  try {
    while (statement.step()) {
      const [entries] = statement.get();
      if (!(entries instanceof Uint8Array)) throw new TypeError(`a bucket of ${name} has no blob`);
      const shared = new Uint8Array(new SharedArrayBuffer(entries.length));
      shared.set(entries);
      buckets.push(shared);
    }
  } finally {
    statement.free();
  }
  return buckets;
}

/** The current rows of `buckets`; a bucket that became empty has none. */
export function* rowsOfBucketsSteps<T>(
  map: ReadonlyMap<string, T>,
  buckets: ReadonlySet<number>,
): CooperativeTask<ReadonlyMap<number, readonly TableItem<T>[]>> {
  const rows = new Map<number, TableItem<T>[]>();
  for (const bucket of buckets) rows.set(bucket, []);
  if (rows.size === 0) return rows;
  let count = 0;
  for (const item of map) {
    rows.get(bucketOf(item[0]))?.push(item);
    if (++count % stepSize === 0) yield;
  }
  return rows;
}

/** Groups items by their bucket. */
export function bucketRows<T>(items: readonly TableItem<T>[]): ReadonlyMap<number, readonly TableItem<T>[]> {
  return Map.groupBy(items, ([path]) => bucketOf(path));
}

/** Packs one bucket per step, so that the caller can pause between them. */
export function* packBuckets<T>(
  table: StoreTable<T>,
  rows: ReadonlyMap<number, readonly TableItem<T>[]>,
): Generator<StoredBucket> {
  for (const [bucket, items] of [...rows].sort(([a], [b]) => a - b)) {
    yield { table: table.name, bucket, entries: items.length === 0 ? null : table.pack(items) };
  }
}

/** Writes packed buckets; empty ones are deleted. */
export function writeBuckets(database: Database, buckets: Iterable<StoredBucket>): void {
  for (const { table, bucket, entries } of buckets) {
    if (entries === null) database.run(`DELETE FROM ${table} WHERE bucket = ?`, [bucket]);
    else database.run(`REPLACE INTO ${table} VALUES (?, ?)`, [bucket, entries]);
  }
}

function noDeletion(path: string): never {
  throw new TypeError(`the ancestor of ${path} is a deletion`);
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${String(value)} is not a string`);
  return value;
}

function oneOf<T extends string>(value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new TypeError(`"${value}" is not one of ${known.join()}`);
  return found;
}
