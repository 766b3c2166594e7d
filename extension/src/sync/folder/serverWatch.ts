import { isPalmtreeError, type PalmtreeError } from '../../errors';
import type { AnnouncedRevision } from '../../io/api/revisionFeed';
import type { Connection } from '../ports/connection';
import type { TreeClient } from '../ports/serverBinding';
import { absorbConverged } from '../replica/absorbConverged';
import type { Replica } from '../replica/replica';
import { HeadFeed } from './headFeed';
import type { OperationQueue } from './operationQueue';
import type { SyncStatus } from './syncStatus';

export interface ServerWatchDeps {
  readonly replica: Replica;
  readonly connection: Connection;
  readonly operations: OperationQueue;
  readonly status: SyncStatus;
  readonly onDefect: (error: unknown) => void;
}

/** Polls the server whenever its `HeadFeed` asks for it, to show how many changes there are to pull. */
export class ServerWatch {
  readonly #deps: ServerWatchDeps;
  readonly #feed: HeadFeed;
  #isPollQueued = false;

  constructor(deps: ServerWatchDeps) {
    this.#deps = deps;
    this.#feed = new HeadFeed({
      onPollNeeded: () => this.#queuePoll(),
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

  /** Fetches the server's changes, and saves as synced those that this disk already has. */
  async poll(server: TreeClient, signal: AbortSignal): Promise<void> {
    const { replica } = this.#deps;
    try {
      await replica.ancestor.fetchRemoteChanges(server, signal);
      await absorbConverged(replica);
      await replica.save();
    } catch (error) {
      // The user is asked to create the tree when there is something to push.
      if (!isPalmtreeError(error, 'tree_not_found')) throw error;
    }
  }

  /** Polls after the running command, which may itself have pushed the announced revision. */
  #queuePoll(): void {
    if (this.#isPollQueued) return;
    this.#isPollQueued = true;
    const { operations, onDefect } = this.#deps;
    operations
      .inTurn(() => {
        this.#isPollQueued = false;
        return this.#pollIfNeeded();
      })
      .catch((error: unknown) => {
        if (!operations.lifetime.aborted) onDefect(error);
      });
  }

  /** The user did not ask for this poll, so its failure does not become the state of the folder. */
  async #pollIfNeeded(): Promise<void> {
    const { connection, operations, status } = this.#deps;
    const isDue = this.#feed.isPollDue || status.isHaltedByAbsentServer;
    try {
      if (isDue || this.#isUnknownRevision) {
        await operations.exclusively(async () => {
          const { server } = connection;
          // Another window may have synced the revision in the meantime.
          if (server !== undefined && (isDue || this.#isUnknownRevision)) await this.poll(server, operations.lifetime);
        });
      }
      this.#feed.polled(undefined);
      if (status.isHaltedByAbsentServer) await status.commandEnded(undefined);
      else await status.refresh();
    } catch (error) {
      if (operations.lifetime.aborted) return;
      if (!isPalmtreeError(error)) throw error;
      this.#feed.polled(error);
      await status.refresh();
    }
  }

  get #isUnknownRevision(): boolean {
    const { announced } = this.#feed;
    return announced !== undefined && announced.revision > this.#deps.replica.ancestor.knownRevision;
  }
}
