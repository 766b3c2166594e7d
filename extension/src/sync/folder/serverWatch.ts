import { isPalmtreeError, type PalmtreeError } from '../../errors';
import type { Store } from '../../io/store/storePort';
import type { AnnouncedRevision } from '../../io/api/revisionFeed';
import type { Connection } from '../ports/connection';
import type { OperationQueue } from './operationQueue';
import type { ServerBinding } from '../ports/serverBinding';
import { absorbConverged } from '../replica/absorbConverged';
import type { Replica } from '../replica/replica';
import { ServerNews } from './serverNews';
import type { SyncStatus } from './syncStatus';

export interface ServerWatchDeps {
  readonly replica: Replica;
  readonly store: Store;
  readonly connection: Connection;
  readonly operations: OperationQueue;
  readonly status: SyncStatus;
  readonly onDefect: (error: unknown) => void;
}

/** Looks at what the server has beyond our revision, as soon as it is heard of, for the count of what waits. */
export class ServerWatch {
  readonly #deps: ServerWatchDeps;
  readonly #news: ServerNews;
  #lookWaits = false;

  constructor(parts: ServerWatchDeps) {
    this.#deps = parts;
    this.#news = new ServerNews({
      onNews: () => this.#followNews(),
      onConnectionState: () => parts.status.showAgain(),
      onDefect: parts.onDefect,
    });
  }

  /** The newest revision, as far as it waits to be taken over. */
  get head(): AnnouncedRevision | undefined {
    const { heard } = this.#news;
    return heard !== undefined && heard.revision === this.#deps.replica.ancestor.remoteChanges?.revision
      ? heard
      : undefined;
  }

  /** Why nothing is heard of the server, when that is so. */
  get offline(): PalmtreeError | undefined {
    return this.#news.offline;
  }

  /** Follows `remote` in the place of what was followed; `since` is the revision that is known of it. */
  follow(remote: ServerBinding | undefined, since: number): Promise<void> {
    return this.#news.follow(remote, since);
  }

  /** The server has just answered. */
  wake(): void {
    this.#news.wake();
  }

  /** Follows nothing any more. */
  dispose(): Promise<void> {
    return this.#news.dispose();
  }

  /** Asks the server what it has beyond our revision, and stores what of it is agreed on by that. */
  async poll(remote: ServerBinding, signal: AbortSignal): Promise<void> {
    const { replica, store } = this.#deps;
    try {
      await replica.ancestor.fetchRemoteChanges(remote, signal);
      await absorbConverged(replica);
      await store.save();
    } catch (error) {
      // Whether to make the tree is asked when something is to be pushed.
      if (!isPalmtreeError(error, 'tree_not_found')) throw error;
    }
  }

  /** Looks when what runs now is done: by then, what our own push made is our revision. */
  #followNews(): void {
    if (this.#lookWaits) return;
    this.#lookWaits = true;
    const { operations, onDefect } = this.#deps;
    operations
      .inTurn(() => {
        this.#lookWaits = false;
        return this.#look();
      })
      .catch((error: unknown) => {
        if (!operations.lifetime.aborted) onDefect(error);
      });
  }

  /** Not an operation: whether it fails is nothing that the user asked for. */
  async #look(): Promise<void> {
    const { operations, status } = this.#deps;
    const isMissed = this.#news.isLookOwed || status.isHaltedByAbsence;
    try {
      if (isMissed || this.#isUnknown) {
        await operations.exclusively(async () => {
          const { server: remote } = this.#deps.connection;
          if (remote === undefined) return;
          if (isMissed || this.#isUnknown) await this.poll(remote, operations.lifetime);
        });
      }
      this.#news.looked(undefined);
      if (status.isHaltedByAbsence) await status.settle(undefined);
      else await status.look();
    } catch (error) {
      if (operations.lifetime.aborted) return;
      if (!isPalmtreeError(error)) throw error;
      this.#news.looked(error);
      await status.look();
    }
  }

  /** Something was heard of that we have not seen. */
  get #isUnknown(): boolean {
    const { heard } = this.#news;
    return heard !== undefined && heard.revision > this.#deps.replica.ancestor.knownRevision;
  }
}
