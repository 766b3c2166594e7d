import { Slots } from '../concurrency/slots';
import { maxTransfersAtOnce } from '../contract/transfers';
import { WireError } from '../errors';
import type { RunObserver } from '../sessions/rsyncRuns';
import type { RunTurns } from '../sessions/runTurns';
import type { SessionActivity } from '../sessions/sessionActivity';
import { HttpRun } from './httpRun';

/** The time in milliseconds that a request waits for others of its session, and then for its token's. A client waits 30 s. */
const waitMs = 8_000;

interface Request {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

export interface FileRequest {
  /** The session's id. */
  readonly id: string;
  readonly tokenId: number;
  readonly path: string;
  /** Aborted when the client has closed the connection. */
  readonly gone: AbortSignal;
  /** Called when the request may begin. Throws if the session has ended, or has no room left. */
  readonly admit: () => Promise<void>;
}

/** A request that has begun. */
export interface OpenRequest {
  readonly run: HttpRun;
  /** Ends the request. */
  readonly stop: AbortController;
  /** Aborted when the client has gone, or the server ends the request. */
  readonly signal: AbortSignal;
  /** To be called once when the request has ended. */
  readonly end: (outcome: 'done' | 'failed') => void;
}

/** The HTTP requests that move files, a few of each session and token at once. */
export class HttpRuns {
  readonly #activity: SessionActivity;
  readonly #turns: RunTurns;
  readonly #observers: readonly RunObserver[];
  readonly #slots = new Slots<string>(maxTransfersAtOnce);
  readonly #runs = new Map<string, HttpRun>();
  /** By session and path. */
  readonly #requests = new Map<string, Request>();

  constructor(deps: { activity: SessionActivity; turns: RunTurns; observers: readonly RunObserver[] }) {
    this.#activity = deps.activity;
    this.#turns = deps.turns;
    this.#observers = deps.observers;
  }

  /** Resolves when the request may begin. Throws session_busy, too_many_runs, the errors of `admit`, and ClientGone. */
  async enter({ id, tokenId, path, gone, admit }: FileRequest): Promise<OpenRequest> {
    const key = `${id}/${path}`;
    await this.#replace(key, id);
    const leaveSlot = await this.#slot(id, gone);
    const leave = [leaveSlot];
    try {
      leave.push(await this.#turns.enter(tokenId, gone));
      await admit();
      for (;;) {
        // Another request for the path may have come meanwhile.
        await this.#replace(key, id);
        const run = await this.#runOf(id);
        if (!this.#requests.has(key) && !run.isClosing) return this.#begin(key, run, gone, leave);
      }
    } catch (error) {
      for (const one of leave) one();
      throw error;
    }
  }

  #begin(key: string, run: HttpRun, gone: AbortSignal, leave: readonly (() => void)[]): OpenRequest {
    const leaveRun = run.enter();
    const stop = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const request = { stop, ended: promise };
    this.#requests.set(key, request);
    const end = (outcome: 'done' | 'failed'): void => {
      if (this.#requests.get(key) === request) this.#requests.delete(key);
      leaveRun(outcome);
      for (const one of leave) one();
      resolve();
    };
    return { run, stop, signal: AbortSignal.any([gone, run.stopped, stop.signal]), end };
  }

  /** Only the client may know that its connection is lost, so when it asks again for a path, the earlier request ends. */
  async #replace(key: string, id: string): Promise<void> {
    for (let earlier = this.#requests.get(key); earlier !== undefined; earlier = this.#requests.get(key)) {
      earlier.stop.abort(new WireError('session_busy', `another request of the session ${id} is for the same path`));
      await earlier.ended;
    }
  }

  async #slot(id: string, gone: AbortSignal): Promise<() => void> {
    try {
      return await this.#slots.enter(id, AbortSignal.any([gone, AbortSignal.timeout(waitMs)]));
    } catch (error) {
      if (gone.aborted) throw error;
      throw new WireError('session_busy', 'other transfers of the session have not ended in time');
    }
  }

  async #runOf(id: string): Promise<HttpRun> {
    for (;;) {
      const known = this.#runs.get(id);
      if (known !== undefined && !known.isClosing) {
        // A commit waits for the requests that have begun, and for no others.
        if (this.#activity.isExclusive(id)) this.#activity.requireCapacity(id);
        return known;
      }
      await this.#activity.waitForSlot(id, undefined);
      // Another request may have begun one while this one waited.
      if (this.#runs.get(id)?.isClosing === false) continue;
      const run = new HttpRun();
      this.#activity.attach(id, run);
      this.#runs.set(id, run);
      void run.ended.then(() => {
        if (this.#runs.get(id) === run) this.#runs.delete(id);
      });
      for (const observer of this.#observers) observer.onRunStarted(id, run);
      return run;
    }
  }
}
