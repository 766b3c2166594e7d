import { isPalmtreeError, type PalmtreeError } from '../../errors';
import type { AnnouncedRevision } from '../../io/api/revisionFeed';
import type { Connection } from '../replica/connection';
import type { TreeClient } from '../ports/serverBinding';
import { absorbConverged } from '../replica/absorbConverged';
import type { RequestedChanges } from '../replica/ancestorState';
import type { Replica } from '../replica/replica';
import { FeedFollower } from './feedFollower';
import type { OperationQueue } from './operationQueue';
import type { SyncStatus } from './syncStatus';

export interface AutoFetcherDeps {
  readonly replica: Replica;
  readonly connection: Connection;
  readonly operations: OperationQueue;
  readonly status: SyncStatus;
  readonly onDefect: (error: unknown) => void;
}

/** Fetches the changes of the server whenever its `FeedFollower` asks for it, to show how many there are to pull. */
export class AutoFetcher {
  readonly #deps: AutoFetcherDeps;
  readonly #feed: FeedFollower;
  #isFetchQueued = false;
  /** The number of requests that are awaited. */
  #waiting = 0;
  #waitingSince: number | undefined;

  constructor(deps: AutoFetcherDeps) {
    this.#deps = deps;
    this.#feed = new FeedFollower({
      onFetchNeeded: () => this.#queueFetch(),
      onConnectionState: () => deps.status.notify(),
      onDefect: deps.onDefect,
    });
  }

  /** The announced revision, if its changes are fetched and not synced yet. */
  get head(): AnnouncedRevision | undefined {
    const { announced } = this.#feed;
    const { remoteChanges } = this.#deps.replica.ancestor;
    return announced !== undefined && announced.revision === remoteChanges?.revision ? announced : undefined;
  }

  /** The reason why no updates are received. */
  get offline(): PalmtreeError | undefined {
    return this.#feed.offline;
  }

  /** Follows another tree, or none. `since` is its newest known revision. */
  follow(server: TreeClient | undefined, since: number): Promise<void> {
    return this.#feed.follow(server, since);
  }

  /** Reconnects at once, since the server has just responded to a command. */
  wake(): void {
    this.#feed.wake();
  }

  dispose(): Promise<void> {
    return this.#feed.dispose();
  }

  /** The time since which a response is awaited, in milliseconds since 1970. */
  get waitingSince(): number | undefined {
    return this.#waitingSince;
  }

  get connectionCount(): number {
    return this.#feed.connectionCount;
  }

  get nextTryAt(): number | undefined {
    return this.#feed.nextTryAt;
  }

  /** Reconnects, since a command has just found the server gone. */
  reconnect(): void {
    this.#feed.reconnect();
  }

  /**
   * Fetches the server's changes, and saves as synced those that this disk already has.
   * Invariant: it waits for the server without the turn, which local work needs.
   */
  async fetch(server: TreeClient, signal: AbortSignal): Promise<void> {
    for (;;) {
      const requested = await this.#request(server, signal);
      if (requested === undefined || (await this.#adopt(requested, server))) return;
    }
  }

  /** Undefined if the tree does not exist: the user is asked to create it when there is something to push. */
  async #request(server: TreeClient, signal: AbortSignal): Promise<RequestedChanges | undefined> {
    const { replica, status } = this.#deps;
    this.#waiting++;
    this.#waitingSince ??= Date.now();
    status.notify();
    try {
      return await replica.ancestor.requestRemoteChanges(server, signal);
    } catch (error) {
      if (!isPalmtreeError(error, 'tree_not_found')) throw error;
      return undefined;
    } finally {
      if (--this.#waiting === 0) this.#waitingSince = undefined;
      status.notify();
    }
  }

  /**
   * Adopts the changes and shows them, before a command can act on them. False if a command has synced another revision since
   * the request.
   */
  #adopt(requested: RequestedChanges, server: TreeClient): Promise<boolean> {
    const { replica, connection, operations } = this.#deps;
    return operations.inTurn(async () => {
      const isDone = await operations.exclusively(async () => {
        // The folder may have been bound to another tree since.
        if (connection.server !== server) return true;
        if (!replica.ancestor.adoptRemoteChanges(requested)) return false;
        await absorbConverged(replica);
        await replica.save();
        return true;
      });
      await this.#show();
      return isDone;
    });
  }

  #show(): Promise<void> {
    const { status } = this.#deps;
    return status.isHaltedByServer ? status.commandEnded(undefined) : status.refresh();
  }

  /** Fetches after the running command, which may itself have pushed the announced revision. */
  #queueFetch(): void {
    if (this.#isFetchQueued) return;
    this.#isFetchQueued = true;
    const { operations, onDefect } = this.#deps;
    operations
      .inTurn(() => Promise.resolve())
      .then(() => {
        this.#isFetchQueued = false;
        return this.#fetchIfNeeded();
      })
      .catch((error: unknown) => {
        if (!operations.lifetime.aborted) onDefect(error);
      });
  }

  /** The user did not ask for this fetch, so its failure does not become the state of the folder. */
  async #fetchIfNeeded(): Promise<void> {
    const { connection, operations, status } = this.#deps;
    try {
      const { server } = connection;
      const isDue = this.#feed.isFetchDue || status.isHaltedByServer;
      if (isDue || this.#isUnknownRevision) {
        // Another window may have synced the revision in the meantime.
        await operations.inTurn(() => operations.exclusively(() => Promise.resolve()));
        if (server !== undefined && (isDue || this.#isUnknownRevision)) await this.fetch(server, operations.lifetime);
      }
      this.#feed.fetched(undefined);
      await operations.inTurn(() => this.#show());
    } catch (error) {
      if (operations.lifetime.aborted) return;
      if (!isPalmtreeError(error)) throw error;
      this.#feed.fetched(error);
      await operations.inTurn(() => status.refresh());
    }
  }

  get #isUnknownRevision(): boolean {
    const { announced } = this.#feed;
    return announced !== undefined && announced.revision > this.#deps.replica.ancestor.knownRevision;
  }
}
