import { readFile } from 'node:fs/promises';
import initSqlJs, { type Database, type SqlJsStatic } from 'sql.js';
import { PalmtreeError } from '../errors';
import type { StoredState } from './ports';
import {
  ancestorTable,
  createTable,
  heldBackTable,
  observationTable,
  readTable,
  ruleTable,
  writeTable,
} from './storeTables';

const schemaVersion = 1;
const tables: readonly { name: string; columns: readonly string[] }[] = [
  ruleTable,
  ancestorTable,
  heldBackTable,
  observationTable,
];

/** What is in the database already, to tell what a save has to write. */
type Written = Pick<StoredState, 'rules' | 'ancestor' | 'heldBack' | 'observations'> & { meta: string };

export function emptyState(): StoredState {
  return {
    binding: undefined,
    revision: 0,
    revisionId: undefined,
    rules: new Map(),
    ancestor: new Map(),
    heldBack: new Map(),
    observations: new Map(),
  };
}

export async function loadSqlJs(wasm: string): Promise<SqlJsStatic> {
  const bytes = await readFile(wasm);
  return initSqlJs({ wasmBinary: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) });
}

/** The state as an SQLite database in memory, and the bytes of its file. */
export class StoreDatabase {
  readonly #sql: SqlJsStatic;
  #database: Database;
  #written: Written;

  private constructor(sql: SqlJsStatic, database: Database, written: Written) {
    this.#sql = sql;
    this.#database = database;
    this.#written = written;
  }

  static empty(sql: SqlJsStatic): StoreDatabase {
    return new StoreDatabase(sql, createDatabase(sql), nothingWritten());
  }

  /** Reads a file's bytes into `state`. Throws store_newer, and anything else when they are damaged. */
  static read(sql: SqlJsStatic, bytes: Uint8Array, state: StoredState): StoreDatabase {
    const database = new sql.Database(bytes);
    try {
      check(database);
      const written = readState(database);
      const meta = parseMeta(written.meta);
      state.binding = meta.binding;
      state.revision = meta.revision;
      state.revisionId = meta.revisionId;
      refill(state.rules, written.rules);
      refill(state.ancestor, written.ancestor);
      refill(state.heldBack, written.heldBack);
      refill(state.observations, written.observations);
      return new StoreDatabase(sql, database, written);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Takes in what changed in `state`; false when nothing did. After a failure all of it is written anew. */
  write(state: StoredState): boolean {
    try {
      // No journal: what fails is thrown away whole. sql.js forgets these settings with each export.
      this.#database.run('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; BEGIN');
      const changed = writeState(this.#database, state, this.#written);
      this.#database.run('COMMIT');
      return changed;
    } catch (error) {
      this.close();
      this.#database = createDatabase(this.#sql);
      this.#written = nothingWritten();
      throw error;
    }
  }

  export(): Uint8Array {
    return this.#database.export();
  }

  close(): void {
    this.#database.close();
  }
}

function nothingWritten(): Written {
  const { rules, ancestor, heldBack, observations } = emptyState();
  return { rules, ancestor, heldBack, observations, meta: '' };
}

function createDatabase(sql: SqlJsStatic): Database {
  const database = new sql.Database();
  for (const table of tables) database.run(createTable(table));
  database.run('CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)');
  database.run(`PRAGMA user_version = ${schemaVersion}`);
  return database;
}

function check(database: Database): void {
  const version = database.exec('PRAGMA user_version')[0]?.values[0]?.[0];
  if (typeof version === 'number' && version > schemaVersion) {
    throw new PalmtreeError('store_newer', `the store has version ${version}, this is for ${schemaVersion}`, {
      details: { subject: String(version) },
    });
  }
  if (version !== schemaVersion) throw new TypeError(`the store has version ${String(version)}`);
  const verdict = database.exec('PRAGMA integrity_check')[0]?.values[0]?.[0];
  if (verdict !== 'ok') throw new TypeError(`the store fails its check: ${String(verdict)}`);
}

function readState(database: Database): Written {
  const written = nothingWritten();
  readTable(database, ruleTable, written.rules);
  readTable(database, ancestorTable, written.ancestor);
  readTable(database, heldBackTable, written.heldBack);
  readTable(database, observationTable, written.observations);
  const meta = database.exec("SELECT value FROM meta WHERE key = 'state'")[0]?.values[0]?.[0];
  if (typeof meta !== 'string') throw new TypeError('the store has no state');
  parseMeta(meta);
  written.meta = meta;
  return written;
}

function writeState(database: Database, state: StoredState, written: Written): boolean {
  const changed = [
    writeTable(database, ruleTable, state.rules, written.rules),
    writeTable(database, ancestorTable, state.ancestor, written.ancestor),
    writeTable(database, heldBackTable, state.heldBack, written.heldBack),
    writeTable(database, observationTable, state.observations, written.observations),
  ];
  const meta = metaOf(state);
  if (meta !== written.meta) {
    database.run("REPLACE INTO meta VALUES ('state', ?)", [meta]);
    written.meta = meta;
    changed.push(true);
  }
  return changed.includes(true);
}

function metaOf({ binding, revision, revisionId }: StoredState): string {
  return JSON.stringify({ revision, revisionId, binding: binding && { server: binding.server, tree: binding.tree } });
}

function parseMeta(meta: string): Pick<StoredState, 'binding' | 'revision' | 'revisionId'> {
  const { revision, revisionId, binding } = JSON.parse(meta) as {
    revision?: unknown;
    revisionId?: string;
    binding?: Record<string, unknown>;
  };
  if (typeof revision !== 'number') throw new TypeError('the store has no revision');
  if (binding === undefined) return { revision, revisionId, binding };
  const { server, tree } = binding;
  if (typeof server !== 'string' || typeof tree !== 'string') throw new TypeError('the store has no whole binding');
  return { revision, revisionId, binding: { server, tree } };
}

/** The maps stay the same objects: others hold them. */
function refill<T>(map: Map<string, T>, content: ReadonlyMap<string, T>): void {
  map.clear();
  for (const [path, value] of content) map.set(path, value);
}
