import { setTimeout as delay } from 'node:timers/promises';
import { readyEvent, revisionEvent } from '../../../../server/src/contract/history';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { Client } from './client';
import { EventParser, type ServerEvent } from './eventParser';

/** A revision that the server told of. */
export interface AnnouncedRevision {
  readonly revision: number;
  /** The name of the token that pushed it. */
  readonly author: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** What the user said of the push, if anything. */
  readonly message?: string | null;
}

/** `polling`: something on the way holds the stream back. `offline` and `refused` say why nothing is heard. */
export type ConnectionState =
  { readonly kind: 'live' | 'polling' } | { readonly kind: 'offline' | 'refused'; readonly error: PalmtreeError };

/** In milliseconds. */
export interface FeedTiming {
  /** Nothing at all has come of a stream: something on the way holds it back. */
  readonly firstByte: number;
  /** More than two of the server's heartbeats: the connection is dead. */
  readonly silence: number;
  /** Between two polls. */
  readonly poll: number;
  /** The first and the longest pause before the next connection. */
  readonly leastPause: number;
  readonly mostPause: number;
  /** Before asking again a server that refuses the token or does not have the tree. */
  readonly refusedPause: number;
}

const usual: FeedTiming = {
  firstByte: 8_000,
  silence: 40_000,
  poll: 30_000,
  leastPause: 1_000,
  mostPause: 60_000,
  refusedPause: 300_000,
};

/** So many polls, and the stream is tried again. */
const pollsBetweenStreams = 10;

/** Resolves after `ms`; rejects, and keeps no timer, once `signal` is aborted. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<unknown>;

export interface RevisionFeedDeps {
  readonly client: Pick<Client, 'events' | 'newest'>;
  readonly tree: string;
  /** The newest revision that is known already. */
  readonly since: number;
  readonly onRevision: (revision: AnnouncedRevision) => void;
  /** The server's newest revision is less than what is known: it was restored from a backup. */
  readonly onRewind?: () => void;
  /** Called at each change of it. */
  readonly onConnectionState: (standing: ConnectionState) => void;
  readonly onDefect: (error: unknown) => void;
  readonly wait?: Wait;
  readonly now?: () => number;
  readonly random?: () => number;
}

type StreamEnd = 'ended' | 'nothing came' | PalmtreeError;

/**
 * Hears of a tree's new revisions until it is disposed: by the server's stream, else by polling.
 * Invariant: one request at a time, and none without a pause after one that failed.
 */
export class RevisionFeed {
  readonly #deps: RevisionFeedDeps;
  readonly #wait: Wait;
  readonly #now: () => number;
  readonly #lifetime = new AbortController();
  readonly #running: Promise<void>;
  #lastRevision: number;
  #connectionState: ConnectionState['kind'] | undefined;
  #pause: AbortController | undefined;

  constructor(parts: RevisionFeedDeps) {
    this.#deps = parts;
    this.#wait = parts.wait ?? ((ms, signal) => delay(ms, undefined, { signal }));
    this.#now = parts.now ?? (() => performance.now());
    this.#lastRevision = parts.since;
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#isDisposed) parts.onDefect(error);
    });
  }

  /** Ends the pause before the next attempt: there is reason to think that the server answers now. */
  wake(): void {
    if (this.#connectionState !== 'polling') this.#pause?.abort();
  }

  /** Resolves when nothing of it is left. */
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
      const began = this.#now();
      let end: StreamEnd | 'polled' = await this.#stream();
      // A server of before the stream, or a proxy that knows better, may answer a poll all the same.
      if (end === 'nothing came' || isPalmtreeError(end, 'not_found')) end = await this.#poll();
      if (this.#isDisposed) return;
      if (this.#now() - began >= usual.mostPause) failures = 0;
      if (end === 'polled') continue;
      if (end instanceof PalmtreeError)
        this.#setConnectionState({ kind: isRefusal(end) ? 'refused' : 'offline', error: end });
      await this.#rest(isRefusal(end) ? usual.refusedPause : this.#backoff(failures++));
    }
  }

  /** Follows one stream to its end. */
  async #stream(): Promise<StreamEnd> {
    const { client, tree } = this.#deps;
    const attempt = new AbortController();
    const signal = AbortSignal.any([this.#lifetime.signal, attempt.signal]);
    const watch = new Watch(this.#wait, () => attempt.abort());
    const parser = new EventParser();
    let hasHeard = false;
    try {
      watch.within(usual.firstByte);
      for await (const bytes of await client.events(tree, this.#lastRevision, signal)) {
        watch.within(usual.silence);
        hasHeard = true;
        this.#setConnectionState({ kind: 'live' });
        for (const event of parser.push(bytes)) this.#take(event);
      }
    } catch (error) {
      if (!attempt.signal.aborted && error instanceof PalmtreeError) return error;
      // Else it broke on its way, or was silent: the next one says whether the server still answers.
    } finally {
      watch.end();
      attempt.abort();
    }
    return hasHeard ? 'ended' : 'nothing came';
  }

  /** Asks for the head now and again, for as long as it is answered. */
  async #poll(): Promise<'polled' | PalmtreeError> {
    const { client, tree } = this.#deps;
    for (let polls = 0; polls < pollsBetweenStreams && !this.#isDisposed; polls++) {
      try {
        const newest = await client.newest(tree, this.#lifetime.signal);
        this.#setConnectionState({ kind: 'polling' });
        if (newest !== undefined) this.#hear({ ...newest, revision: newest.number });
      } catch (error) {
        if (error instanceof PalmtreeError) return error;
        throw error;
      }
      await this.#rest(usual.poll);
    }
    return 'polled';
  }

  #take({ event, data }: ServerEvent): void {
    const value = parsedJson(data);
    if (event === 'revision') {
      const told = revisionEvent.safeParse(value);
      if (told.success) this.#hear(told.data);
    } else if (event === 'ready') {
      const told = readyEvent.safeParse(value);
      if (!told.success) return;
      const isRewound = told.data.revision < this.#lastRevision;
      // What it makes next is new, whatever its number.
      this.#lastRevision = told.data.revision;
      if (isRewound && !this.#isDisposed) this.#deps.onRewind?.();
    }
  }

  #hear({ revision, author, createdAt, message = null }: AnnouncedRevision): void {
    if (this.#isDisposed || revision === this.#lastRevision) return;
    this.#lastRevision = revision;
    this.#deps.onRevision({ revision, author, createdAt, message });
  }

  #setConnectionState(standing: ConnectionState): void {
    if (this.#isDisposed || standing.kind === this.#connectionState) return;
    this.#connectionState = standing.kind;
    this.#deps.onConnectionState(standing);
  }

  async #rest(ms: number): Promise<void> {
    this.#pause = new AbortController();
    const signal = AbortSignal.any([this.#lifetime.signal, this.#pause.signal]);
    await this.#wait(ms, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    this.#pause = undefined;
  }

  /** Half of it by chance, so that the clients of a server that comes back do not all come at once. */
  #backoff(failures: number): number {
    const most = Math.min(usual.mostPause, usual.leastPause * 2 ** failures);
    return most * (0.5 + 0.5 * (this.#deps.random ?? Math.random)());
  }
}

/** Calls `onSilence` when it is not told anew within the time. */
class Watch {
  readonly #wait: Wait;
  readonly #onSilence: () => void;
  #current: AbortController | undefined;

  constructor(wait: Wait, onSilence: () => void) {
    this.#wait = wait;
    this.#onSilence = onSilence;
  }

  within(ms: number): void {
    this.end();
    const { signal } = (this.#current = new AbortController());
    this.#wait(ms, signal).then(this.#onSilence, () => undefined);
  }

  end(): void {
    this.#current?.abort();
  }
}

function isRefusal(end: StreamEnd): boolean {
  return (
    end instanceof PalmtreeError && ['unauthorized', 'forbidden', 'tree_not_found', 'not_found'].includes(end.code)
  );
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
