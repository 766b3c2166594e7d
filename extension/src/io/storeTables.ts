import type { BindParams, Database, SqlValue } from 'sql.js';
import type { Entry } from '../engine/entry';
import { comparePaths } from '../engine/folders';
import type { Observation } from '../engine/observation';
import type { Rule } from '../engine/rule';

/** A row as it was read, its values in the order of the columns. */
type Row = readonly SqlValue[];

/** How one of the state's maps stands in the database. Nanoseconds, inodes and devices are beyond 2^53: text. */
export interface StoreTable<T> {
  readonly name: string;
  readonly columns: readonly string[];
  readonly toRow: (path: string, value: T) => SqlValue[];
  /** Throws when the row cannot be what was written. */
  readonly fromRow: (row: Row) => T;
}

const entryColumns = [
  'path TEXT PRIMARY KEY',
  'size INTEGER',
  'mtime_ns TEXT',
  'mode INTEGER',
  'hash TEXT',
  'target TEXT',
];

export const ruleTable: StoreTable<Rule> = {
  name: 'rule',
  columns: ['path TEXT PRIMARY KEY', 'kind TEXT NOT NULL', 'effect TEXT NOT NULL'],
  toRow: (path, { kind, effect }) => [path, kind, effect],
  fromRow: (row) => ({
    path: text(row[0]),
    kind: oneOf(text(row[1]), ['file', 'folder']),
    effect: oneOf(text(row[2]), ['track', 'leave']),
  }),
};

export const ancestorTable: StoreTable<Entry> = {
  name: 'ancestor',
  columns: entryColumns,
  toRow: entryRow,
  fromRow: entryFrom,
};

/** A row without a hash is a deletion. */
export const heldBackTable: StoreTable<Entry | null> = {
  name: 'held_back',
  columns: entryColumns,
  toRow: (path, entry) => (entry === null ? [path, null, null, null, null, null] : entryRow(path, entry)),
  fromRow: (row) => (row[4] === null ? null : entryFrom(row)),
};

/** The numbers that only tell one look from another share a column: a text less to bind is a tenth of a save. */
export const observationTable: StoreTable<Observation> = {
  name: 'observation',
  columns: [...entryColumns, 'dev_ino_ctime_ns TEXT', 'racy INTEGER'],
  toRow: (path, seen) => [...entryRow(path, seen), `${seen.dev} ${seen.ino} ${seen.ctimeNs}`, seen.racy ? 1 : 0],
  fromRow: (row) => {
    const [dev, ino, ctimeNs] = text(row[6]).split(' ');
    return { ...entryFrom(row), dev: integer(dev), ino: integer(ino), ctimeNs: integer(ctimeNs), racy: row[7] !== 0 };
  },
};

/** A symlink is what has a target: no column of its own for the kind. */
function entryRow(path: string, { size, mtimeNs, mode, hash, target }: Entry): SqlValue[] {
  return [path, size, mtimeNs.toString(), mode, hash, target ?? null];
}

function entryFrom([path, size, mtimeNs, mode, hash, target]: Row): Entry {
  const common = {
    path: text(path),
    size: number(size),
    mtimeNs: integer(mtimeNs),
    mode: number(mode),
    hash: text(hash),
  };
  return target === null ? { ...common, kind: 'file' } : { ...common, kind: 'symlink', target: text(target) };
}

export function createTable({ name, columns }: { name: string; columns: readonly string[] }): string {
  return `CREATE TABLE ${name} (${columns.join(', ')})`;
}

export function readTable<T>(database: Database, table: StoreTable<T>, into: Map<string, T>): void {
  const columns = table.columns.map((column) => column.slice(0, column.indexOf(' ')));
  // Named, so that a table that lacks one is found out.
  const statement = database.prepare(`SELECT ${columns.join()} FROM ${table.name}`);
  try {
    while (statement.step()) {
      const row = statement.get();
      into.set(text(row[0]), table.fromRow(row));
    }
  } finally {
    statement.free();
  }
}

/**
 * Brings the rows from `written` to `current`, and `written` along. Values are never changed in place, so
 * only those that are another object are written. True when there was any.
 */
export function writeTable<T>(
  database: Database,
  table: StoreTable<T>,
  current: ReadonlyMap<string, T>,
  written: Map<string, T>,
): boolean {
  const puts = [...current].filter(([path, value]) => written.get(path) !== value || !written.has(path));
  const deletes = [...written.keys()].filter((path) => !current.has(path));
  // In the index's order, many rows go in several times as fast.
  puts.sort(([a], [b]) => comparePaths(a, b));
  const marks = table.columns.map(() => '?').join();
  runEach(database, `DELETE FROM ${table.name} WHERE path = ?`, deletes, (path) => [path]);
  runEach(database, `REPLACE INTO ${table.name} VALUES (${marks})`, puts, ([path, value]) => table.toRow(path, value));
  for (const path of deletes) written.delete(path);
  for (const [path, value] of puts) written.set(path, value);
  return puts.length + deletes.length > 0;
}

function runEach<T>(database: Database, sql: string, items: readonly T[], parameters: (item: T) => BindParams): void {
  if (items.length === 0) return;
  const statement = database.prepare(sql);
  try {
    for (const item of items) statement.run(parameters(item));
  } finally {
    statement.free();
  }
}

function text(value: SqlValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError(`${String(value)} is no text`);
  return value;
}

function number(value: SqlValue | undefined): number {
  if (typeof value !== 'number') throw new TypeError(`${String(value)} is no number`);
  return value;
}

function integer(value: SqlValue | undefined): bigint {
  const digits = text(value);
  if (!/^-?[0-9]+$/.test(digits)) throw new TypeError(`${digits} is no integer`);
  return BigInt(digits);
}

function oneOf<T extends string>(value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new TypeError(`"${value}" is none of ${known.join()}`);
  return found;
}
