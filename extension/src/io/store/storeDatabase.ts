import initSqlJs, { type Database, type SqlJsStatic } from 'sql.js';
import { PalmtreeError } from '../../errors';
import type { StoreContent, StoreWrite } from './storeMessages';
import { createTable, readTable, writeBuckets, type TableName } from './storeTables';
import { upgradeVersion1 } from './storeVersion1';

const schemaVersion = 2;
const tables: readonly TableName[] = ['rule', 'ancestor', 'held_back', 'observation'];

/** Instantiates sql.js from its compiled module. */
export function loadSqlJs(wasm: WebAssembly.Module): Promise<SqlJsStatic> {
  return initSqlJs({
    instantiateWasm: (imports, done: (instance: WebAssembly.Instance) => void) => {
      const instance = new WebAssembly.Instance(wasm, imports);
      done(instance);
      return instance.exports;
    },
  });
}

/**
 * Opens the bytes of a file, and converts a store of version 1 in memory. Throws store_newer, and other errors if the
 * bytes are damaged, see `isDamage`.
 */
export function openDatabase(sql: SqlJsStatic, bytes: Uint8Array): Database {
  const database = new sql.Database(bytes);
  try {
    checkAndUpgrade(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Creates an empty store. */
export function createDatabase(sql: SqlJsStatic): Database {
  const database = new sql.Database();
  for (const name of tables) database.run(createTable(name));
  database.run('CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)');
  database.run(`PRAGMA user_version = ${schemaVersion}`);
  return database;
}

/** Reads the whole store. Throws if a part is missing. */
export function contentOf(database: Database): Omit<StoreContent, 'stamp'> {
  const meta = database.exec("SELECT value FROM meta WHERE key = 'state'")[0]?.values[0]?.[0];
  if (typeof meta !== 'string') throw new TypeError('the store has no state');
  const read = (name: TableName): Uint8Array[] => readTable(database, name);
  return {
    meta,
    tables: {
      rule: read('rule'),
      ancestor: read('ancestor'),
      held_back: read('held_back'),
      observation: read('observation'),
    },
  };
}

/** Makes the changes and returns the bytes for the file. */
export function bytesWith(database: Database, { buckets, meta }: Pick<StoreWrite, 'buckets' | 'meta'>): Uint8Array {
  // No journal: after a failure the whole database is discarded.
  database.run('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN');
  writeBuckets(database, buckets);
  database.run("REPLACE INTO meta VALUES ('state', ?)", [meta]);
  database.run('COMMIT');
  return database.export();
}

function checkAndUpgrade(database: Database): void {
  const version = versionOf(database);
  if (typeof version === 'number' && version > schemaVersion) {
    throw new PalmtreeError(
      'store_newer',
      `the store has version ${version}, the newest supported one is ${schemaVersion}`,
      {
        details: { subject: String(version) },
      },
    );
  }
  // The full integrity check would also compare indexes with tables. The only index is that of meta, with one row.
  const result = database.exec('PRAGMA quick_check')[0]?.values[0]?.[0];
  if (result !== 'ok') throw new TypeError(`the store fails its check: ${String(result)}`);
  if (version === 1) upgradeVersion1(database);
  else if (version !== schemaVersion) throw new TypeError(`the store has version ${String(version)}`);
}

function versionOf(database: Database): unknown {
  return database.exec('PRAGMA user_version')[0]?.values[0]?.[0];
}
