import type { Logger } from 'pino';
import type { NamedTurn } from '../concurrency/namedTurn';
import type { Database } from '../database/openDatabase';
import { OperatorError } from '../errors';
import type { Retention } from '../retention/retention';
import type { Reserve } from '../space/reserve';
import type { GarbageCollector } from './garbageCollector';

export interface AutomaticGcDeps {
  readonly database: Database;
  readonly garbage: GarbageCollector;
  readonly retention: Retention;
  readonly objectWork: NamedTurn;
  readonly reserve: Reserve;
  readonly now: () => Date;
  readonly log: Logger;
}

const hourMs = 60 * 60 * 1000;
const intervalMs = 24 * hourMs;
/** A tree can be brought back for this long. */
const purgeAfterMs = 7 * 24 * hourMs;
/** Requests have most of the time. */
const workShare = 0.25;
const name = 'gc';

/**
 * Prunes trees and collects garbage at the start and once a day, at a minute that differs between servers. Restarts do not
 * repeat it.
 */
export class AutomaticGc {
  readonly #deps: AutomaticGcDeps;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: AutomaticGcDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#running = this.#next();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new OperatorError('The server was stopped.'));
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Never throws: a failure must not keep the server from its work. */
  async #next(): Promise<void> {
    const { log } = this.#deps;
    try {
      if (await this.#isDue()) await this.#collect();
    } catch (error) {
      if (!this.#stop.signal.aborted) log.error({ err: error }, 'gc failed');
    }
    if (this.#stop.signal.aborted) return;
    const randomMs = Math.random() * hourMs;
    this.#timer = setTimeout(() => this.start(), hourMs + randomMs);
    this.#timer.unref();
  }

  /** A time in the future shows that the clock was set back since. */
  async #isDue(): Promise<boolean> {
    const { database, now } = this.#deps;
    const last = await database
      .selectFrom('maintenance')
      .select('ended_at')
      .where('name', '=', name)
      .executeTakeFirst();
    if (last === undefined) return true;
    const sinceMs = now().getTime() - new Date(last.ended_at).getTime();
    return sinceMs < 0 || sinceMs >= intervalMs;
  }

  async #collect(): Promise<void> {
    const { database, garbage, objectWork, reserve, now, log } = this.#deps;
    const { signal } = this.#stop;
    const purgeBefore = new Date(now().getTime() - purgeAfterMs);
    const report = (progress: string): void => log.info({ task: name }, progress);
    const freed = await objectWork.run({ name: 'the automatic gc', signal, report }, async () => {
      await this.#prune();
      return garbage.collect({ dryRun: false, purgeBefore, workShare, signal, report });
    });
    const row = { name, ended_at: now().toISOString() };
    const remember = database
      .insertInto('maintenance')
      .values(row)
      .onConflict((conflict) => conflict.column('name').doUpdateSet(row));
    await reserve.withRoom(() => remember.execute());
    const { trees, contents, frozen, chunks, rewritten, leftovers } = freed;
    log.info({ trees: trees.length, contents, frozen, chunks, rewritten, leftovers }, 'gc has ended');
  }

  /** A failure, such as that of a backup that runs, must not keep gc from the rest. */
  async #prune(): Promise<void> {
    const { retention, log } = this.#deps;
    const { signal } = this.#stop;
    try {
      const report = (progress: string): void => log.info({ task: 'prune' }, progress);
      const trees = (await retention.prune([], { workShare, signal, report })).filter(({ versions }) => versions > 0);
      if (trees.length > 0) log.info({ trees }, 'the history was pruned');
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error }, 'the history could not be pruned');
    }
  }
}
