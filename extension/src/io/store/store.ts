import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { contentStampAt, isContentUnchanged, type ContentStamp } from '../fs/fileStamp';
import type { Packed } from '../entries/packedEntries';
import type { Store } from './storePort';
import { isRunning } from '../fs/processes';
import { watchFile } from '../fs/watch/watchFile';
import { asStoreError, changedByOthers, isDamage } from './storeError';
import { ProcessLock } from './processLock';
import { emptyState, unsavedChangesSteps, loadState } from './storeState';
import { compiledSqlite, StoreThread } from './storeThread';
import { runYielding } from '../threads/yielding';

/** The name of the database in its storage. */
export const storeFileName = 'palmtree.db';

export interface StoreOptions {
  /** The store's folder; created if it does not exist. */
  readonly folder: string;
  /** The path of sql.js's sql-wasm.wasm. */
  readonly wasm: string;
  /** The path of the bundled store worker. */
  readonly script: string;
  readonly now?: () => Date;
  /** The longest wait for a lock that another process has, in milliseconds. */
  readonly lockLimitMs?: number;
}

/** Opens the store in `folder`, or an empty one. Throws store_newer, store_locked, store_failed, disk_full or read_only. */
export async function openStore(options: StoreOptions): Promise<SqlStore> {
  const { folder, wasm, script, now = () => new Date(), lockLimitMs = 30_000 } = options;
  try {
    await mkdir(folder, { recursive: true });
    const path = join(folder, storeFileName);
    const lock = new ProcessLock(join(folder, 'palmtree.lock'), { waitMs: lockLimitMs });
    const store = new SqlStore(folder, new StoreThread(script, { file: path, wasm: await compiledSqlite(wasm) }), lock);
    // Under the lock, so that a file that another process is writing is neither set aside nor removed.
    await store.exclusively(() => store.load(now));
    return store;
  } catch (error) {
    throw asStoreError(error, folder);
  }
}

/** The state in a SQLite file, which is only ever replaced as a whole: temporary file, flush, rename. */
export class SqlStore implements Store {
  readonly state = emptyState();
  setAside: string | undefined;
  readonly #folder: string;
  readonly #path: string;
  readonly #thread: StoreThread;
  readonly #lock: ProcessLock;
  /** The meta row of the file. */
  #meta = '';
  /** The last save failed, so the next one writes the whole state instead of changing the file. */
  #hasFailed = false;
  /** The file as it was last read or written. */
  #stamp: ContentStamp | undefined;
  #saving: Promise<void> = Promise.resolve();
  #working: Promise<unknown> = Promise.resolve();
  #packed: readonly Packed[] = [];
  /** Other code refers to the state's maps. */
  #isShared = false;

  constructor(folder: string, thread: StoreThread, lock: ProcessLock) {
    this.#folder = folder;
    this.#path = join(folder, storeFileName);
    this.#thread = thread;
    this.#lock = lock;
  }

  /** Reads the file for the first time. A damaged file is renamed, and the state stays empty. */
  async load(now: () => Date): Promise<void> {
    await removeLeftovers(this.#folder);
    await this.#lock.removeLeftovers();
    try {
      await this.#read();
    } catch (error) {
      if (!isDamage(error)) throw error;
      const aside = `${this.#path}.damaged-${now().toISOString().replaceAll(':', '-')}`;
      await rename(this.#path, aside);
      this.setAside = aside;
      this.#stamp = undefined;
    }
    this.#isShared = true;
  }

  /** Returns the observations as the file had them, packed, for the scanner. Later calls return none. */
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

  watch(onChange: () => void): () => void {
    return watchFile(this.#path, onChange);
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#working.then(async () => {
      const release = await this.#lock.acquire().catch((error: unknown) => {
        throw asStoreError(error, this.#folder);
      });
      try {
        return await work();
      } finally {
        await release();
      }
    });
    this.#working = result.catch(() => undefined);
    return result;
  }

  rest(): void {
    this.#thread.end();
  }

  async #read(): Promise<boolean> {
    const stamp = await contentStampAt(this.#path);
    if (stamp === undefined || isContentUnchanged(stamp, this.#stamp)) return false;
    const content = await this.#thread.read();
    await loadState(content, this.state, this.#isShared);
    this.#meta = content.meta;
    this.#stamp = content.stamp;
    if (!this.#isShared) this.#packed = content.tables.observation;
    return true;
  }

  async #save(): Promise<void> {
    const stamp = await contentStampAt(this.#path);
    if (stamp !== undefined && !isContentUnchanged(stamp, this.#stamp)) {
      throw changedByOthers();
    }
    const isWhole = stamp === undefined || this.#hasFailed;
    const changes = await runYielding(unsavedChangesSteps(this.state, this.#meta, isWhole));
    if (changes === undefined) return;
    try {
      const { meta, pack } = changes;
      const before = isWhole ? undefined : stamp;
      this.#stamp = await this.#thread.write({ before, meta, buckets: await pack() });
      this.#meta = meta;
      this.#hasFailed = false;
    } catch (error) {
      changes.markUnsaved();
      this.#hasFailed = true;
      throw error;
    }
  }
}

/** Removes temporary files of processes that were killed during a save. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^palmtree\.db\.(\d+)-[0-9a-f]+\.tmp$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { force: true });
  }
}
