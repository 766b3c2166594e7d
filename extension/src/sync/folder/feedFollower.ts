import type { PalmtreeError } from '../../errors';
import { RevisionFeed, type AnnouncedRevision, type ConnectionState } from '../../io/api/revisionFeed';
import type { TreeClient } from '../ports/serverBinding';

/** The first and the longest pause before the next fetch, after fetches that failed although the connection is up. */
const retryMs = 5_000;
const maxRetryMs = 80_000;

export interface FeedFollowerDeps {
  /** The server announced a revision, or a fetch is due. */
  readonly onFetchNeeded: () => void;
  readonly onConnectionState: () => void;
  readonly onDefect: (error: unknown) => void;
}

/**
 * Follows the `RevisionFeed` of the bound tree, and remembers its last news: the announced head, the state of the
 * connection, and whether a fetch is due.
 */
export class FeedFollower {
  readonly #deps: FeedFollowerDeps;
  #feed: RevisionFeed | undefined;
  #announced: AnnouncedRevision | undefined;
  #connectionState: ConnectionState | undefined;
  /** The error of the last fetch. */
  #failure: PalmtreeError | undefined;
  /** The number of fetches that have failed in a row. */
  #failures = 0;
  #nextTryAt: number | undefined;
  #connectionCount = 0;
  #isRewound = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(deps: FeedFollowerDeps) {
    this.#deps = deps;
  }

  get announced(): AnnouncedRevision | undefined {
    return this.#announced;
  }

  /** The last fetch failed, or the server was restored from a backup: what is known may be outdated. */
  get isFetchDue(): boolean {
    return this.#failure !== undefined || this.#isRewound;
  }

  /** The reason why no updates are received. */
  get offline(): PalmtreeError | undefined {
    const state = this.#connectionState;
    // A tree that does not exist yet is created by the first push.
    if (state !== undefined && 'error' in state && state.error.code !== 'tree_not_found') return state.error;
    // Another window has the lock, which says nothing about the server.
    return this.#failure?.code === 'store_locked' ? undefined : this.#failure;
  }

  /** Follows another tree, or none. `since` is its newest known revision. */
  async follow(server: TreeClient | undefined, since: number): Promise<void> {
    await this.dispose();
    if (server === undefined) return;
    const { client, tree } = server;
    this.#feed = new RevisionFeed({
      client,
      tree,
      since,
      onRevision: (revision) => {
        this.#announced = revision;
        this.#deps.onFetchNeeded();
      },
      onRewind: () => {
        this.#isRewound = true;
        this.#deps.onFetchNeeded();
      },
      onConnectionState: (state) => this.#setConnectionState(state),
      onDefect: this.#deps.onDefect,
    });
  }

  /** The number of connections so far. */
  get connectionCount(): number {
    return this.#connectionCount;
  }

  /** The time of the next attempt to connect, in milliseconds since 1970; undefined while the connection is up. */
  get nextTryAt(): number | undefined {
    return this.#nextTryAt;
  }

  /** Opens another connection, since a command has just found the server gone: this one may be dead, too. */
  reconnect(): void {
    this.#feed?.reconnect();
  }

  /** Reconnects at once, since the server has just responded to a command. */
  wake(): void {
    if (this.#connectionState !== undefined && 'error' in this.#connectionState) this.#feed?.wake();
  }

  /** Records the result of a fetch. */
  fetched(failure: PalmtreeError | undefined): void {
    this.#failure = failure;
    this.#isRewound = false;
    clearTimeout(this.#retry);
    if (failure === undefined) {
      this.#failures = 0;
    } else {
      // Another window keeps the lock for seconds at most.
      const isLocked = failure.code === 'store_locked';
      const pauseMs = isLocked ? retryMs : Math.min(maxRetryMs, retryMs * 2 ** this.#failures++);
      this.#retry = setTimeout(() => this.#requestFetch(), pauseMs);
    }
  }

  async dispose(): Promise<void> {
    clearTimeout(this.#retry);
    const feed = this.#feed;
    this.#feed = undefined;
    this.#announced = undefined;
    this.#connectionState = undefined;
    this.#nextTryAt = undefined;
    this.#failure = undefined;
    await feed?.dispose();
  }

  #setConnectionState(state: ConnectionState): void {
    this.#connectionState = state;
    this.#nextTryAt = 'error' in state ? Date.now() + state.pauseMs : undefined;
    if (!('error' in state)) this.#connectionCount++;
    this.#deps.onConnectionState();
    this.#requestFetch();
  }

  /** Does nothing while the connection is down: the next connection requests the fetch. */
  #requestFetch(): void {
    if (this.#connectionState !== undefined && !('error' in this.#connectionState)) this.#deps.onFetchNeeded();
  }
}
