import { setTimeout as delay } from 'node:timers/promises';
import { readyEvent, revisionEvent } from '../../../../server/src/contract/history';
import { parsedJson } from '../../core/parsedJson';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { Client } from './client';
import { EventParser, type ServerEvent } from './eventParser';
import { lastingRefusals } from './refusals';
import { ReportThrottle } from './reportThrottle';
import { SizeError } from './responseFaults';

/** A revision that the server announced. */
export interface AnnouncedRevision {
  readonly revision: number;
  /** The name of the token that pushed it. */
  readonly author: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The user's message for the push, if any. */
  readonly message?: string | null;
}

/**
 * `polling`: a proxy buffers the stream. `refused`: the server rejects the request and needs the user's action. `pauseMs` is
 * the pause before the next attempt.
 */
export type ConnectionState =
  | { readonly kind: 'live' | 'polling' }
  | { readonly kind: 'offline' | 'refused'; readonly error: PalmtreeError; readonly pauseMs: number };

/** In milliseconds. */
const timing = {
  /** Without a first byte in this time, a proxy is buffering the stream. */
  firstByte: 8_000,
  /** More than two of the server's heartbeats: the connection is dead. */
  silence: 40_000,
  pollInterval: 30_000,
  /** The shortest and the longest pause before the next connection. The user sees the server's return within the longest. */
  minPause: 1_000,
  maxPause: 8_000,
  /** The pause after a server refused the token or the protocol. */
  refusedPause: 60_000,
};

/** Number of polls after which the stream is tried again. */
const pollsBetweenStreams = 10;

/** Resolves after `ms`. Rejects when `signal` is aborted, and then leaves no timer. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<unknown>;

export interface RevisionFeedDeps {
  readonly client: Pick<Client, 'address' | 'events' | 'head'>;
  readonly tree: string;
  /** The newest revision that is already known. */
  readonly since: number;
  /** Called for the newest revision. Of revisions in quick succession, some are left out. */
  readonly onRevision: (revision: AnnouncedRevision) => void;
  /** Called if the server's newest revision is older than the known one: the server was restored from a backup. */
  readonly onRewind?: () => void;
  /**
   * Called for each new stream and each failed attempt, even if the kind is the same as before: a stream may have died in
   * silence, and what was announced meanwhile is unknown.
   */
  readonly onConnectionState: (state: ConnectionState) => void;
  /** Called if an unexpected error has ended the feed. */
  readonly onDefect: (error: unknown) => void;
  readonly wait?: Wait;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** The reason for the end of a stream that `reconnect` gave up. */
const replaced = 'replaced';

const lineFeed = 0x0a;

type StreamEnd = 'ended' | 'no data' | PalmtreeError;

/**
 * Reports a tree's new revisions until it is disposed: from the server's event stream, or by polling.
 * Invariant: one request at a time, and a pause after each that failed.
 */
export class RevisionFeed {
  readonly #deps: RevisionFeedDeps;
  readonly #wait: Wait;
  readonly #now: () => number;
  readonly #lifetime = new AbortController();
  readonly #running: Promise<void>;
  readonly #throttle: ReportThrottle;
  #lastRevision: number;
  /** The revision that will be reported next. */
  #announced: AnnouncedRevision | undefined;
  #isRewound = false;
  #connectionState: ConnectionState['kind'] | undefined;
  #pause: AbortController | undefined;
  #attempt: AbortController | undefined;

  constructor(deps: RevisionFeedDeps) {
    this.#deps = deps;
    this.#wait = deps.wait ?? ((ms, signal) => delay(ms, undefined, { signal }));
    this.#now = deps.now ?? (() => performance.now());
    this.#lastRevision = deps.since;
    this.#throttle = new ReportThrottle(() => this.#report(), this.#lifetime.signal);
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#isDisposed) deps.onDefect(error);
    });
  }

  /** Ends the pause before the next attempt, because the server has just responded to another request. */
  wake(): void {
    if (this.#connectionState !== 'polling') this.#pause?.abort();
  }

  /** Gives up the current stream and opens another one, since its connection may be dead. */
  reconnect(): void {
    this.#attempt?.abort(replaced);
    this.#pause?.abort();
  }

  /** Resolves when all requests and timers have ended. */
  async dispose(): Promise<void> {
    this.#lifetime.abort();
    await this.#running;
  }

  get #isDisposed(): boolean {
    return this.#lifetime.signal.aborted;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#isDisposed) {
      const started = this.#now();
      let end: StreamEnd | 'polled' = await this.#stream();
      // A proxy may buffer or refuse the stream and still pass a poll.
      if (end === 'no data' || isPalmtreeError(end, 'not_found')) end = await this.#poll();
      if (this.#isDisposed) return;
      if (this.#now() - started >= timing.maxPause) failures = 0;
      if (end === 'polled') continue;
      // A tree that does not exist is created by somebody's first push, which may be near.
      const isLongPause = isRefusal(end) && !isPalmtreeError(end, 'tree_not_found');
      const pauseMs = isLongPause ? timing.refusedPause : this.#backoff(failures++);
      if (end instanceof PalmtreeError) {
        this.#setConnectionState({ kind: isRefusal(end) ? 'refused' : 'offline', error: end, pauseMs });
      }
      await this.#sleep(pauseMs);
    }
  }

  /** Reads one stream to its end. */
  async #stream(): Promise<StreamEnd> {
    const { client, tree } = this.#deps;
    const attempt = (this.#attempt = new AbortController());
    const signal = AbortSignal.any([this.#lifetime.signal, attempt.signal]);
    const silence = new SilenceTimer(this.#wait, () => attempt.abort());
    const parser = new EventParser();
    let hasData = false;
    try {
      silence.restart(timing.firstByte);
      for await (const bytes of await client.events(tree, this.#lastRevision, signal)) {
        // A line that never ends is no sign of life.
        if (!hasData || bytes.includes(lineFeed)) silence.restart(timing.silence);
        if (!hasData) this.#setConnectionState({ kind: 'live' });
        hasData = true;
        for (const event of parser.push(bytes)) this.#onEvent(event);
      }
    } catch (error) {
      if (!attempt.signal.aborted && error instanceof PalmtreeError) return error;
      if (error instanceof SizeError) return this.#tooMuchData(error);
      // The connection broke or fell silent. The next attempt shows whether the server still responds.
    } finally {
      silence.stop();
      attempt.abort();
    }
    return hasData || attempt.signal.reason === replaced ? 'ended' : 'no data';
  }

  /** Requests the head at intervals, until a request fails or the stream is due again. */
  async #poll(): Promise<'polled' | PalmtreeError> {
    const { client, tree } = this.#deps;
    for (let polls = 0; polls < pollsBetweenStreams && !this.#isDisposed; polls++) {
      try {
        const head = await client.head(tree, this.#lifetime.signal);
        if (this.#connectionState !== 'polling') this.#setConnectionState({ kind: 'polling' });
        if (head !== undefined) this.#announce({ ...head, revision: head.number });
      } catch (error) {
        if (error instanceof PalmtreeError) return error;
        throw error;
      }
      await this.#sleep(timing.pollInterval);
    }
    return 'polled';
  }

  #onEvent({ event, data }: ServerEvent): void {
    const value = parsedJson(data);
    if (event === 'revision') {
      const parsed = revisionEvent.safeParse(value);
      if (parsed.success) this.#announce(parsed.data);
    } else if (event === 'ready') {
      const parsed = readyEvent.safeParse(value);
      if (!parsed.success) return;
      const isRewound = parsed.data.revision < this.#lastRevision;
      // From here on the server's next revision is new, whatever its number.
      this.#lastRevision = parsed.data.revision;
      if (!isRewound) return;
      this.#isRewound = true;
      this.#throttle.request();
    }
  }

  #announce({ revision, author, createdAt, message = null }: AnnouncedRevision): void {
    if (this.#isDisposed || revision === this.#lastRevision) return;
    this.#lastRevision = revision;
    this.#announced = { revision, author, createdAt, message };
    this.#throttle.request();
  }

  #report(): void {
    if (this.#isDisposed) return;
    const [announced, isRewound] = [this.#announced, this.#isRewound];
    this.#announced = undefined;
    this.#isRewound = false;
    if (isRewound) this.#deps.onRewind?.();
    if (announced !== undefined) this.#deps.onRevision(announced);
  }

  #tooMuchData({ message, limit }: SizeError): PalmtreeError {
    const details = { subject: this.#deps.client.address, limit };
    return new PalmtreeError('too_much_data', `GET events: ${message}`, { details });
  }

  #setConnectionState(state: ConnectionState): void {
    if (this.#isDisposed) return;
    this.#connectionState = state.kind;
    this.#deps.onConnectionState(state);
  }

  async #sleep(ms: number): Promise<void> {
    this.#pause = new AbortController();
    const signal = AbortSignal.any([this.#lifetime.signal, this.#pause.signal]);
    await this.#wait(ms, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    this.#pause = undefined;
  }

  /** Half of the pause is random, so that the clients of a restarted server do not reconnect at the same time. */
  #backoff(failures: number): number {
    const longest = Math.min(timing.maxPause, timing.minPause * 2 ** failures);
    return longest * (0.5 + 0.5 * (this.#deps.random ?? Math.random)());
  }
}

/** Calls `onSilence` unless it is restarted in time. */
class SilenceTimer {
  readonly #wait: Wait;
  readonly #onSilence: () => void;
  #current: AbortController | undefined;

  constructor(wait: Wait, onSilence: () => void) {
    this.#wait = wait;
    this.#onSilence = onSilence;
  }

  restart(ms: number): void {
    this.stop();
    const { signal } = (this.#current = new AbortController());
    this.#wait(ms, signal).then(this.#onSilence, () => undefined);
  }

  stop(): void {
    this.#current?.abort();
  }
}

const refusals: ReadonlySet<string> = new Set([...lastingRefusals, 'not_found']);

function isRefusal(end: StreamEnd): boolean {
  return end instanceof PalmtreeError && refusals.has(end.code);
}
