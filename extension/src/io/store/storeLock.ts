import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { PalmtreeError } from '../../errors';
import { errnoOf } from '../fs/errno';
import { isRunning, startTimeOf } from '../fs/processes';

const firstPauseMs = 10;
const longestPauseMs = 250;
/** A lock file is written right after its creation: one that stays empty this long was left by a process that died. */
const emptyLimitMs = 2_000;
/** A process on another machine cannot be checked: its lock is stale if it has not touched it this long. */
const foreignLimitMs = 30_000;
const touchIntervalMs = 5_000;

/** The content of a lock file. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Unique to one acquisition of the lock. */
  readonly id: string;
  /** The start of the process, in case its pid is reused; see `startTimeOf`. */
  readonly start?: string | undefined;
}

/** A lock between processes: a file that only one of them can create, and that names its creator. */
export class StoreLock {
  readonly #path: string;
  readonly #limitMs: number;

  constructor(path: string, limitMs: number) {
    this.#path = path;
    this.#limitMs = limitMs;
  }

  /** Waits for the lock and returns its release function. Throws store_locked after the limit. */
  async acquire(): Promise<() => Promise<void>> {
    const deadline = performance.now() + this.#limitMs;
    const emptySince = new Map<string, number>();
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const id = await take(this.#path, emptySince);
      if (id !== undefined) return this.#keepAlive(id);
      if (performance.now() + pauseMs > deadline) throw await this.#timedOut();
      await delay(pauseMs);
    }
  }

  /** Touches the lock file while it is held. A touch that fails only makes the lock look stale sooner. */
  #keepAlive(id: string): () => Promise<void> {
    const timer = setInterval(() => {
      const now = new Date();
      utimes(this.#path, now, now).catch(() => undefined);
    }, touchIntervalMs);
    timer.unref();
    return () => {
      clearInterval(timer);
      return release(this.#path, id);
    };
  }

  async #timedOut(): Promise<PalmtreeError> {
    const holder = await read(this.#path);
    const isKnown = holder !== undefined && holder !== 'empty';
    const name = isKnown ? `process ${holder.pid} on ${holder.host}` : 'an unknown process';
    return new PalmtreeError('store_locked', `${this.#path} is held by ${name}`, { details: { subject: this.#path } });
  }
}

/** Takes the lock if it is free or its holder is dead. Returns the id of the acquisition, or undefined. */
async function take(path: string, emptySince: Map<string, number>): Promise<string | undefined> {
  const own: Holder = { pid: process.pid, host: hostname(), id: randomUUID(), start: startTimeOf(process.pid) };
  if (await create(path, own)) return own.id;
  const holder = await read(path);
  if (holder === undefined) return undefined;
  if (holder === 'empty') {
    const since = emptySince.get(path) ?? performance.now();
    emptySince.set(path, since);
    if (performance.now() - since < emptyLimitMs) return undefined;
  } else {
    emptySince.delete(path);
    if (await isAlive(path, holder)) return undefined;
  }
  return (await takeOver(path, holder, own, emptySince)) ? own.id : undefined;
}

/**
 * Replaces the lock of a dead holder.
 * Invariant: of all processes that find it dead, exactly one replaces it: the one with the claim, which is another
 * lock, named after the dead acquisition. It reads the lock file again and replaces it by a rename, so that the file
 * always exists.
 */
async function takeOver(
  path: string,
  dead: Holder | 'empty',
  own: Holder,
  emptySince: Map<string, number>,
): Promise<boolean> {
  const claim = `${path}.${idOf(dead)}`;
  const claimId = await take(claim, emptySince);
  if (claimId === undefined) return false;
  try {
    const current = await read(path);
    if (current === undefined || idOf(current) !== idOf(dead)) return false;
    const temporary = `${path}.${own.id}.tmp`;
    await writeFile(temporary, JSON.stringify(own));
    await rename(temporary, path);
    return true;
  } finally {
    await release(claim, claimId);
  }
}

function idOf(holder: Holder | 'empty'): string {
  return holder === 'empty' ? 'empty' : holder.id;
}

async function isAlive(path: string, { pid, host, start }: Holder): Promise<boolean> {
  if (host !== hostname()) {
    const stats = await stat(path).catch(() => undefined);
    return stats === undefined || Date.now() - stats.mtimeMs < foreignLimitMs;
  }
  return isRunning(pid) && (start === undefined || startTimeOf(pid) === start);
}

async function create(path: string, own: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(own), { flag: 'wx' });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function read(path: string): Promise<Holder | 'empty' | undefined> {
  try {
    const holder: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isHolder(holder) ? holder : 'empty';
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return 'empty';
    throw error;
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, host, id } = value as Partial<Record<keyof Holder, unknown>>;
  return typeof pid === 'number' && typeof host === 'string' && typeof id === 'string' && /^[\w-]+$/.test(id);
}

async function release(path: string, id: string): Promise<void> {
  const holder = await read(path);
  if (holder !== undefined && idOf(holder) === id) await rm(path, { force: true });
}
