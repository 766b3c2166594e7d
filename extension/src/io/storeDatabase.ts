import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import initSqlJs, { type Database, type SqlJsStatic } from 'sql.js';
import type { Entry } from '../engine/entry';
import type { Observation } from '../engine/observation';
import type { Rule } from '../engine/rule';
import { PalmtreeError } from '../errors';
import type { StoredState } from './ports';
import { StoredMap } from './storedMap';
import {
  ancestorTable,
  changedBuckets,
  createTable,
  heldBackTable,
  observationTable,
  readTable,
  ruleTable,
  writeTable,
  type Item,
  type StoreTable,
} from './storeTables';
import { upgradeVersion1 } from './storeVersion1';

const schemaVersion = 2;
const tables = [ruleTable, ancestorTable, heldBackTable, observationTable];
/** How long others wait for their turn, at most, while a store is read or written. */
const turnMs = 12;

/** The state, with maps that know what of them is not stored. */
export interface LiveState extends StoredState {
  readonly rules: StoredMap<Rule>;
  readonly ancestor: StoredMap<Entry>;
  readonly heldBack: StoredMap<Entry | null>;
  readonly observations: StoredMap<Observation>;
}

type Meta = Pick<StoredState, 'binding' | 'revision' | 'revisionId'>;

export function emptyState(): LiveState {
  return {
    binding: undefined,
    revision: 0,
    revisionId: undefined,
    rules: new StoredMap(),
    ancestor: new StoredMap(),
    heldBack: new StoredMap(),
    observations: new StoredMap(),
  };
}

export async function loadSqlJs(wasm: string): Promise<SqlJsStatic> {
  const bytes = await readFile(wasm);
  return initSqlJs({
    wasmBinary: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  });
}

/**
 * Reads a file's bytes into `state`; answers its meta row. Throws store_newer, and anything else when they are damaged,
 * and then the state is as it was. The maps stay the same objects: others hold them.
 */
export async function readStored(sql: SqlJsStatic, bytes: Uint8Array, state: LiveState): Promise<string> {
  const database = new sql.Database(bytes);
  try {
    check(database);
    const pause = turns();
    const fills = [
      await filling(database, ruleTable, state.rules, pause),
      await filling(database, observationTable, state.observations, pause),
      await filling(database, ancestorTable, state.ancestor, pause, (items) => sharing(items, state.observations)),
      await filling(database, heldBackTable, state.heldBack, pause),
    ];
    const meta = database.exec("SELECT value FROM meta WHERE key = 'state'")[0]?.values[0]?.[0];
    if (typeof meta !== 'string') throw new TypeError('the store has no state');
    Object.assign(state, parseMeta(meta));
    for (const fill of fills) fill();
    return meta;
  } finally {
    database.close();
  }
}

/** Reads a table, and answers what puts it in the place of what is in the map. */
async function filling<T>(
  database: Database,
  table: StoreTable<T>,
  into: StoredMap<T>,
  pause: () => Promise<void>,
  prepared: (items: readonly Item<T>[]) => readonly Item<T>[] = (items) => items,
): Promise<() => void> {
  const parts: (readonly Item<T>[])[] = [];
  for (const items of readTable(database, table)) {
    parts.push(items);
    await pause();
  }
  return () => {
    into.unload();
    for (const items of parts) into.load(prepared(items));
  };
}

/** What was agreed on is nearly always what is observed: then the texts are held once, and compared at a glance. */
function sharing(items: readonly Item<Entry>[], observations: ReadonlyMap<string, Observation>): Item<Entry>[] {
  return items.map(([path, entry]) => {
    const seen = observations.get(path);
    return seen?.hash === entry.hash ? [seen.path, { ...entry, path: seen.path, hash: seen.hash }] : [path, entry];
  });
}

/** What a save has to write, of the moment in which it was asked for. */
export interface StoreChanges {
  readonly meta: string;
  readonly write: (database: Database) => Iterable<void>;
  /** They could not be written: the next save has to. */
  readonly giveBack: () => void;
}

/** Undefined when nothing has changed. `all`: whether it changed or not. */
export function changesOf(state: LiveState, storedMeta: string, all: boolean): StoreChanges | undefined {
  const meta = metaOf(state);
  const parts = [
    changesOfMap(ruleTable, state.rules, all),
    changesOfMap(ancestorTable, state.ancestor, all),
    changesOfMap(heldBackTable, state.heldBack, all),
    changesOfMap(observationTable, state.observations, all),
  ].filter((part) => part !== undefined);
  if (!all && parts.length === 0 && meta === storedMeta) return undefined;
  return {
    meta,
    *write(database) {
      for (const part of parts) yield* part.write(database);
      database.run("REPLACE INTO meta VALUES ('state', ?)", [meta]);
    },
    giveBack: () => parts.forEach((part) => part.giveBack()),
  };
}

function changesOfMap<T>(
  table: StoreTable<T>,
  map: StoredMap<T>,
  all: boolean,
): Pick<StoreChanges, 'write' | 'giveBack'> | undefined {
  const changed = map.takeChanges();
  const rows = changedBuckets(map, all ? map.keys() : changed);
  if (rows.size === 0) return undefined;
  return {
    write: (database) => writeTable(database, table, rows),
    giveBack: () => map.giveBack(changed),
  };
}

/** The bytes of the file with the changes made; `before`: the file's as it was, if any is to be kept. */
export async function bytesWith(
  sql: SqlJsStatic,
  before: Uint8Array | undefined,
  changes: StoreChanges,
): Promise<Uint8Array> {
  const database = before === undefined ? createDatabase(sql) : new sql.Database(before);
  try {
    if (versionOf(database) === 1) upgradeVersion1(database);
    // No journal: what fails is thrown away whole.
    database.run('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN');
    const pause = turns();
    const steps = changes.write(database)[Symbol.iterator]();
    while (steps.next().done !== true) await pause();
    database.run('COMMIT');
    return database.export();
  } finally {
    database.close();
  }
}

/** Waits for the others' turn when it has been long. */
function turns(): () => Promise<void> {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < turnMs) return;
    await nextTurn();
    began = performance.now();
  };
}

function createDatabase(sql: SqlJsStatic): Database {
  const database = new sql.Database();
  for (const { name } of tables) database.run(createTable(name));
  database.run('CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)');
  database.run(`PRAGMA user_version = ${schemaVersion}`);
  return database;
}

function check(database: Database): void {
  const version = versionOf(database);
  if (typeof version === 'number' && version > schemaVersion) {
    throw new PalmtreeError('store_newer', `the store has version ${version}, this is for ${schemaVersion}`, {
      details: { subject: String(version) },
    });
  }
  const verdict = database.exec('PRAGMA integrity_check')[0]?.values[0]?.[0];
  if (verdict !== 'ok') throw new TypeError(`the store fails its check: ${String(verdict)}`);
  if (version === 1) upgradeVersion1(database);
  else if (version !== schemaVersion) throw new TypeError(`the store has version ${String(version)}`);
}

function versionOf(database: Database): unknown {
  return database.exec('PRAGMA user_version')[0]?.values[0]?.[0];
}

function metaOf({ binding, revision, revisionId }: Meta): string {
  return JSON.stringify({ revision, revisionId, binding: binding && { server: binding.server, tree: binding.tree } });
}

function parseMeta(meta: string): Meta {
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
