import type { Database, SqlValue } from 'sql.js';
import type { Entry } from '../../core/entry';
import type { Rule } from '../../core/tracking/rule';
import {
  ancestorTable,
  bucketRows,
  createTable,
  unappliedRemoteTable,
  observationTable,
  packBuckets,
  ruleTable,
  writeBuckets,
  type TableItem,
  type StoreTable,
} from './storeTables';

type Row = readonly SqlValue[];

/** Converts a store of version 1, with a row for each entry, to version 2. Throws if it finds a row damaged. */
export function upgradeVersion1(database: Database): void {
  convert<Rule>(database, ruleTable, ([path, kind, effect]) => ({
    path: String(path),
    kind: kind === 'folder' ? 'folder' : 'file',
    effect: effect === 'leave' ? 'untrack' : 'track',
  }));
  convert(database, ancestorTable, entryFrom);
  convert(database, unappliedRemoteTable, (row) => (row[4] === null ? null : entryFrom(row)));
  convert(database, observationTable, (row) => {
    const [dev = '', ino = '', ctimeNs = ''] = String(row[6]).split(' ');
    return { ...entryFrom(row), dev: BigInt(dev), ino: BigInt(ino), ctimeNs: BigInt(ctimeNs), racy: row[7] !== 0 };
  });
  database.run('PRAGMA user_version = 2');
}

function convert<T>(database: Database, table: StoreTable<T>, valueOf: (row: Row) => T): void {
  const rows = database.exec(`SELECT * FROM ${table.name}`)[0]?.values ?? [];
  const items = rows.map((row): TableItem<T> => [String(row[0]), valueOf(row)]);
  database.run(`DROP TABLE ${table.name}`);
  database.run(createTable(table.name));
  writeBuckets(database, packBuckets(table, bucketRows(items)));
}

function entryFrom([path, size, mtimeNs, mode, hash, target]: Row): Entry {
  const common = {
    path: String(path),
    size: Number(size),
    mtimeNs: BigInt(String(mtimeNs)),
    mode: Number(mode),
    hash: String(hash),
  };
  return typeof target === 'string' ? { ...common, kind: 'symlink', target } : { ...common, kind: 'file' };
}
