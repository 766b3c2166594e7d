import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { contentStampAt, isContentUnchanged, type ContentStamp } from '../fs/fileStamp';
import type { Packed } from '../entries/packedEntries';
import type { Store } from './storePort';
import { isRunning } from '../fs/processes';
import { asStoreError, isDamage, written } from './storeError';
import { StoreLock } from './storeLock';
import { emptyState, unsavedChangesSteps, loadState } from './storeState';
import { compiledSqlite, StoreThread } from './storeThread';
import { runYielding } from '../threads/yielding';

const fileName = 'palmtree.db';

export interface StoreOptions {
  /** Made when it is not there. */
  readonly folder: string;
  /** The path of sql.js's sql-wasm.wasm. */
  readonly wasm: string;
  /** The bundled store worker. */
  readonly script: string;
  readonly now?: () => Date;
  /** How long to wait for another process, in milliseconds. */
  readonly lockLimitMs?: number;
}

/** Opens the store of `folder`, or makes an empty one. Throws store_newer, store_locked or store_failed. */
export async function openStore(options: StoreOptions): Promise<SqlStore> {
  const { folder, wasm, script, now = () => new Date(), lockLimitMs = 30_000 } = options;
  try {
    await mkdir(folder, { recursive: true });
    const path = join(folder, fileName);
    const lock = new StoreLock(join(folder, 'palmtree.lock'), lockLimitMs);
    const store = new SqlStore(folder, new StoreThread(script, { file: path, wasm: await compiledSqlite(wasm) }), lock);
    // Under the lock: what another process is just writing must be neither set aside nor swept.
    await store.exclusively(() => store.load(now));
    return store;
  } catch (error) {
    throw asStoreError(error, folder);
  }
}

/** The state in one SQLite file that is only ever replaced whole. */
export class SqlStore implements Store {
  readonly state = emptyState();
  setAside: string | undefined;
  readonly #folder: string;
  readonly #path: string;
  readonly #thread: StoreThread;
  readonly #lock: StoreLock;
  /** The file's meta row. */
  #meta = '';
  /** The last save failed: the file is not built upon. */
  #hasFailed = false;
  /** The file as it was last read or written. */
  #identity: ContentStamp | undefined;
  #saving: Promise<void> = Promise.resolve();
  #working: Promise<unknown> = Promise.resolve();
  #packed: readonly Packed[] = [];
  /** Others have the state. */
  #isShared = false;

  constructor(folder: string, thread: StoreThread, lock: StoreLock) {
    this.#folder = folder;
    this.#path = join(folder, fileName);
    this.#thread = thread;
    this.#lock = lock;
  }

  /** Reads the file for the first time; one that is damaged is set aside. */
  async load(now: () => Date): Promise<void> {
    await sweep(this.#folder);
    try {
      await this.#read();
    } catch (error) {
      if (!isDamage(error)) throw error;
      const aside = `${this.#path}.damaged-${now().toISOString().replaceAll(':', '-')}`;
      await rename(this.#path, aside);
      this.setAside = aside;
      this.#identity = undefined;
    }
    this.#isShared = true;
  }

  /** The observations as they were read, for a scanner that is to know them too. Given once: they are held by both. */
  takePackedObservations(): readonly Packed[] {
    const packed = this.#packed;
    this.#packed = [];
    return packed;
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
    const identity = await contentStampAt(this.#path);
    if (identity === undefined || isContentUnchanged(identity, this.#identity)) return false;
    const content = await this.#thread.read();
    await loadState(content, this.state, this.#isShared);
    this.#meta = content.meta;
    this.#identity = content.identity;
    if (!this.#isShared) this.#packed = content.tables.observation;
    return true;
  }

  async #save(): Promise<void> {
    const identity = await contentStampAt(this.#path);
    if (identity !== undefined && !isContentUnchanged(identity, this.#identity)) {
      throw written();
    }
    const isWhole = identity === undefined || this.#hasFailed;
    const changes = await runYielding(unsavedChangesSteps(this.state, this.#meta, isWhole));
    if (changes === undefined) return;
    try {
      const { meta, pack } = changes;
      const before = isWhole ? undefined : identity;
      this.#identity = await this.#thread.write({ before, meta, buckets: await pack() });
      this.#meta = meta;
      this.#hasFailed = false;
    } catch (error) {
      changes.markUnsaved();
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
