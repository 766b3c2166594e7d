import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PalmtreeError } from '../../errors';
import { errnoOf } from '../fs/errno';
import { isAlive, isRunning, markOfThisProcess, type ProcessMark } from '../fs/processes';

const firstPauseMs = 10;
const longestPauseMs = 250;
const touchIntervalMs = 5_000;
/** No difference of clocks or time zones makes the lock file of a live owner look older than this. */
const oldestMs = 24 * 60 * 60 * 1_000;

export interface ProcessLockLimits {
  /** The longest wait for the lock. */
  readonly waitMs: number;
  /** A lock file without an owner is stale once it was seen unchanged for this long. */
  readonly emptyMs?: number;
  /** The lock of an owner that cannot be checked is stale once it was seen untouched for this long. */
  readonly untouchedMs?: number;
}

/** The content of a lock file. */
interface Owner extends ProcessMark {
  /** Unique to one acquisition of the lock. */
  readonly id: string;
}

interface LockFile {
  readonly path: string;
  /** The id of the acquisition; of a file that names no owner, one that follows from its inode and time. */
  readonly id: string;
  readonly mtimeMs: number;
  readonly owner: Owner | undefined;
}

/**
 * A lock between processes: a file that only one of them can create, and that names its creator. A lock whose owner is
 * dead passes to the process that creates the claim on it, a file named after the dead acquisition. If that process is
 * dead too, the claim on its acquisition decides, and so on.
 */
export class ProcessLock {
  readonly #path: string;
  readonly #limits: Required<ProcessLockLimits>;
  /** The times at which lock files that may be stale were first seen as they are, by `performance.now`. */
  readonly #seen = new Map<string, number>();
  /** Acquisitions of this process that ended, but whose file could not be removed. */
  readonly #ended = new Set<string>();

  constructor(path: string, limits: ProcessLockLimits) {
    this.#path = path;
    this.#limits = { emptyMs: 2_000, untouchedMs: 15_000, ...limits };
  }

  /** Waits for the lock and returns its release function. Throws store_locked after the limit, and system errors. */
  async acquire(): Promise<() => Promise<void>> {
    const deadline = performance.now() + this.#limits.waitMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const id = await this.#take();
      if (id !== undefined) {
        this.#seen.clear();
        return this.#keepAlive(id);
      }
      if (performance.now() + pauseMs > deadline) throw await this.#timedOut();
      await delay(pauseMs);
    }
  }

  /** Removes the files of processes that died while they took the lock. The caller has the lock. */
  async removeLeftovers(): Promise<void> {
    const prefix = `${basename(this.#path)}.`;
    for (const name of await readdir(dirname(this.#path))) {
      if (!name.startsWith(prefix)) continue;
      const path = join(dirname(this.#path), name);
      const pid = /\.(\d+)-[0-9a-f-]+\.tmp$/.exec(name)?.[1];
      const isLeftover = pid === undefined ? await this.#isAbandoned(path) : !isRunning(Number(pid));
      if (isLeftover) await rm(path, { force: true });
    }
  }

  /** Whether a claim has no live owner. An empty one counts as abandoned: a live owner notices the missing file. */
  async #isAbandoned(path: string): Promise<boolean> {
    const file = await readLock(path);
    return file !== undefined && (file.owner === undefined || isAlive(file.owner) === false);
  }

  /**
   * Takes the lock if it is free or its owner is dead. Returns the id of the acquisition, or undefined.
   * Invariant: of all processes that find the owner dead, exactly one replaces its lock file: the one whose claim is
   * the first, and that still finds all earlier files unchanged. It replaces the lock file by a rename, so that the file
   * always exists, and removes the claims afterwards.
   */
  async #take(): Promise<string | undefined> {
    const dead: LockFile[] = [];
    let path = this.#path;
    for (;;) {
      const file = await readLock(path);
      if (file === undefined) break;
      if (!this.#isStale(file)) return undefined;
      if (dead.some(({ id }) => id === file.id)) {
        // A copy of an earlier file, with which the search would not end. The process that wrote it is dead.
        await rm(path, { force: true });
        return undefined;
      }
      dead.push(file);
      path = `${this.#path}.${file.id}`;
    }
    const own = newOwner();
    try {
      if (!(await create(path, own))) return undefined;
      if (dead.length > 0 && !(await this.#replace(dead, path))) {
        await this.#release(path, own.id);
        return undefined;
      }
      return own.id;
    } catch (error) {
      await this.#release(path, own.id);
      throw error;
    }
  }

  /** Renames the claim to the lock file, if the lock and the earlier claims are still those of `dead`. */
  async #replace(dead: readonly LockFile[], claim: string): Promise<boolean> {
    for (const { path, id } of dead) if ((await readLock(path))?.id !== id) return false;
    await rename(claim, this.#path);
    // The next process that opens the store removes what stays here.
    for (const { path } of dead.slice(1)) await rm(path, { force: true }).catch(() => undefined);
    return true;
  }

  #isStale({ path, id, mtimeMs, owner }: LockFile): boolean {
    if (this.#ended.has(id)) return true;
    const alive = owner && isAlive(owner);
    if (alive !== undefined) return !alive;
    const { emptyMs, untouchedMs } = this.#limits;
    if (owner !== undefined && Date.now() - mtimeMs > oldestMs) return true;
    const key = `${path}\0${id}\0${mtimeMs}`;
    const since = this.#seen.get(key) ?? performance.now();
    this.#seen.set(key, since);
    return performance.now() - since >= (owner === undefined ? emptyMs : untouchedMs);
  }

  /** Touches the lock file until its release. A touch that fails only makes the lock look stale sooner. */
  #keepAlive(id: string): () => Promise<void> {
    const timer = setInterval(() => {
      const now = new Date();
      utimes(this.#path, now, now).catch(() => undefined);
    }, touchIntervalMs);
    timer.unref();
    return () => {
      clearInterval(timer);
      return this.#release(this.#path, id);
    };
  }

  /** Removes a lock file, unless another acquisition owns it. If the disk does not allow it, tries again until it does. */
  async #release(path: string, id: string): Promise<void> {
    try {
      if ((await readLock(path))?.id === id) await rm(path, { force: true });
      this.#ended.delete(id);
    } catch {
      this.#ended.add(id);
      setTimeout(() => void this.#release(path, id), touchIntervalMs).unref();
    }
  }

  async #timedOut(): Promise<PalmtreeError> {
    const owner = (await readLock(this.#path))?.owner;
    const name = owner === undefined ? 'an unknown process' : `process ${owner.pid} on ${owner.host}`;
    return new PalmtreeError('store_locked', `${this.#path} is locked by ${name}`, {
      details: { subject: this.#path },
    });
  }
}

function newOwner(): Owner {
  return { ...markOfThisProcess(), id: randomUUID() };
}

/**
 * Creates a lock file and returns true, or returns false if it exists. The file gets its name when it is complete, so
 * neither a full disk nor a kill leaves one that names no owner.
 */
async function create(path: string, own: Owner): Promise<boolean> {
  const content = JSON.stringify(own);
  const temporary = `${path}.${process.pid}-${own.id}.tmp`;
  try {
    await writeNew(temporary, content);
    const errno = await linkErrno(temporary, path);
    if (errno === undefined) return true;
    // A network share that repeats a request reports the link that it has already made.
    if (errno === 'EEXIST') return (await readLock(path))?.id === own.id;
    // Another process took the temporary file for a leftover.
    if (errno === 'ENOENT') return false;
    return await createInPlace(path, content, own.id);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

async function linkErrno(from: string, to: string): Promise<string | undefined> {
  try {
    await link(from, to);
    return undefined;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined || ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'].includes(errno)) throw error;
    return errno;
  }
}

async function writeNew(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content, { flag: 'wx' });
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    // The storage folder was deleted while the window was open.
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { flag: 'wx' });
  }
}

/** Creates a lock file on a disk without hard links, such as exFAT. A file that was not fully written is removed. */
async function createInPlace(path: string, content: string, id: string): Promise<boolean> {
  const began = performance.now();
  const file = await open(path, 'wx').catch((error: unknown) => {
    if (errnoOf(error) === 'EEXIST') return undefined;
    throw error;
  });
  if (file === undefined) return false;
  try {
    await file.writeFile(content);
    await file.close();
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
  // After a longer stall, another process may be about to replace the file that it saw empty.
  if ((await readLock(path))?.id !== id) return false;
  if (performance.now() - began < 1_000) return true;
  await rm(path, { force: true });
  return false;
}

async function readLock(path: string): Promise<LockFile | undefined> {
  try {
    const { ino, mtimeNs, mtimeMs } = await stat(path, { bigint: true });
    const owner = ownerIn(await readFile(path, 'utf8'));
    return { path, id: owner?.id ?? `empty-${ino}-${mtimeNs}`, mtimeMs: Number(mtimeMs), owner };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function ownerIn(text: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isOwner(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, host, id } = value as Partial<Record<keyof Owner, unknown>>;
  return typeof pid === 'number' && typeof host === 'string' && typeof id === 'string' && /^[\w-]{1,64}$/.test(id);
}
