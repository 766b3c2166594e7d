import { readFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SqlJsStatic } from 'sql.js';
import { isPalmtreeError, PalmtreeError } from '../errors';
import { errnoOf, identify, replaceFile, sameIdentity, type FileIdentity } from './durable';
import type { Store } from './ports';
import { isRunning } from './processes';
import { bytesWith, changesOf, emptyState, loadSqlJs, readStored, type LiveState } from './storeDatabase';
import { StoreLock } from './storeLock';

const fileName = 'palmtree.db';

export interface StoreOptions {
  /** Made when it is not there. */
  readonly folder: string;
  /** The path of sql.js's sql-wasm.wasm. */
  readonly wasm: string;
  readonly now?: () => Date;
  /** How long to wait for another process, in milliseconds. */
  readonly lockLimitMs?: number;
}

/** Opens the store of `folder`, or makes an empty one. Throws store_newer, store_locked or store_failed. */
export async function openStore(options: StoreOptions): Promise<SqlStore> {
  const { folder, wasm, now = () => new Date(), lockLimitMs = 30_000 } = options;
  try {
    await mkdir(folder, { recursive: true });
    const store = new SqlStore(
      folder,
      await loadSqlJs(wasm),
      new StoreLock(join(folder, 'palmtree.lock'), lockLimitMs),
    );
    // Under the lock: what another process is just writing must be neither set aside nor swept.
    await store.exclusively(() => store.load(now));
    return store;
  } catch (error) {
    throw asStoreError(error, folder);
  }
}

/** The state in one SQLite file that is only ever replaced whole. */
export class SqlStore implements Store {
  readonly state: LiveState = emptyState();
  setAside: string | undefined;
  readonly #folder: string;
  readonly #path: string;
  readonly #sql: SqlJsStatic;
  readonly #lock: StoreLock;
  /** The file's meta row. */
  #meta = '';
  /** The last save failed: the file is not built upon. */
  #hasFailed = false;
  /** The file as it was last read or written. */
  #identity: FileIdentity | undefined;
  #saving: Promise<void> = Promise.resolve();
  #working: Promise<unknown> = Promise.resolve();

  constructor(folder: string, sql: SqlJsStatic, lock: StoreLock) {
    this.#folder = folder;
    this.#path = join(folder, fileName);
    this.#sql = sql;
    this.#lock = lock;
  }

  /** Reads the file for the first time; one that is damaged is set aside. */
  async load(now: () => Date): Promise<void> {
    await sweep(this.#folder);
    try {
      await this.#read();
    } catch (error) {
      if (isPalmtreeError(error, 'store_newer') || errnoOf(error) !== undefined) throw error;
      const aside = `${this.#path}.damaged-${now().toISOString().replaceAll(':', '-')}`;
      await rename(this.#path, aside);
      this.setAside = aside;
      this.#identity = undefined;
    }
  }

  async refresh(): Promise<boolean> {
    try {
      return await this.#read();
    } catch (error) {
      throw asStoreError(error, this.#folder);
    }
  }

  save(): Promise<void> {
    const saved = this.#saving.then(() => this.#save());
    this.#saving = saved.catch(() => undefined);
    return saved.catch((error: unknown) => {
      throw asStoreError(error, this.#folder);
    });
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#working.then(async () => {
      const release = await this.#lock.acquire();
      try {
        return await work();
      } finally {
        await release();
      }
    });
    this.#working = done.catch(() => undefined);
    return done;
  }

  async #read(): Promise<boolean> {
    const identity = await identify(this.#path);
    if (identity === undefined || sameIdentity(identity, this.#identity)) return false;
    this.#meta = await readStored(this.#sql, await readFile(this.#path), this.state);
    this.#identity = identity;
    return true;
  }

  async #save(): Promise<void> {
    const identity = await identify(this.#path);
    if (identity !== undefined && !sameIdentity(identity, this.#identity)) {
      throw new PalmtreeError('store_failed', 'another process has written the store since it was read');
    }
    const isWhole = identity === undefined || this.#hasFailed;
    const changes = changesOf(this.state, this.#meta, isWhole);
    if (changes === undefined) return;
    try {
      const before = isWhole ? undefined : await readFile(this.#path);
      this.#identity = await replaceFile(this.#path, await bytesWith(this.#sql, before, changes));
      this.#meta = changes.meta;
      this.#hasFailed = false;
    } catch (error) {
      changes.giveBack();
      this.#hasFailed = true;
      throw error;
    }
  }
}

/** Removes what killed processes left half written. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^palmtree\.db\.(\d+)-[0-9a-f]+\.tmp$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { force: true });
  }
}

function asStoreError(error: unknown, folder: string): PalmtreeError {
  if (error instanceof PalmtreeError) return error;
  const errno = errnoOf(error);
  const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'disk_full' : 'store_failed';
  const reason = error instanceof Error ? error.message : String(error);
  return new PalmtreeError(code, `the store in ${folder}: ${reason}`, {
    cause: error,
    details: { subject: folder },
  });
}
