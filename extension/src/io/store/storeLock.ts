import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { PalmtreeError } from '../../errors';
import { errnoOf } from '../fs/errno';
import { isRunning, startTimeOf } from '../fs/processes';

const firstPauseMs = 10;
const longestPauseMs = 250;
/** A lock file is written right after it is made: one that stays empty this long has lost its maker. */
const emptyForMs = 2_000;
/** Another machine's processes cannot be asked after: a lock that they have not touched this long is dead. */
const foreignLifeMs = 30_000;
const touchIntervalMs = 5_000;

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Tells this holding of the lock from any other. */
  readonly id: string;
  readonly start?: string | undefined;
}

/** A lock between processes: a file that only one of them can make, and that names who made it. */
export class StoreLock {
  readonly #path: string;
  readonly #limitMs: number;

  constructor(path: string, limitMs: number) {
    this.#path = path;
    this.#limitMs = limitMs;
  }

  /** Waits for the lock and answers what gives it back. Throws store_locked after the limit. */
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

  /** Touches the lock while it is held; a touch that fails only makes it look dead sooner. */
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
    const who = isKnown ? `process ${holder.pid} on ${holder.host}` : 'nobody known';
    return new PalmtreeError('store_locked', `${this.#path} is held by ${who}`, { details: { subject: this.#path } });
  }
}

/** Takes the lock when it is free or its holder is dead; answers the id of the holding, or undefined. */
async function take(path: string, emptySince: Map<string, number>): Promise<string | undefined> {
  const own: Holder = { pid: process.pid, host: hostname(), id: randomUUID(), start: startTimeOf(process.pid) };
  if (await create(path, own)) return own.id;
  const holder = await read(path);
  if (holder === undefined) return undefined;
  if (holder === 'empty') {
    const since = emptySince.get(path) ?? performance.now();
    emptySince.set(path, since);
    if (performance.now() - since < emptyForMs) return undefined;
  } else {
    emptySince.delete(path);
    if (await isAlive(path, holder)) return undefined;
  }
  return (await takeOver(path, holder, own, emptySince)) ? own.id : undefined;
}

/**
 * Replaces the lock of a dead holder. Invariant: of all who see it dead, one replaces it: the claim is a lock
 * of its own, named by that one holding, and the lock file is looked at again under it. The lock file is
 * renamed over, so there is no moment without one.
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
    const now = await read(path);
    if (now === undefined || idOf(now) !== idOf(dead)) return false;
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
    const touched = await stat(path).catch(() => undefined);
    return touched === undefined || Date.now() - touched.mtimeMs < foreignLifeMs;
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
