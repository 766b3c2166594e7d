import type { PalmtreeError } from '../../errors';
import { RevisionFeed, type ConnectionState, type AnnouncedRevision } from '../../io/api/revisionFeed';
import type { ServerBinding } from '../ports/serverBinding';

/** After a look that failed though the server is heard: the next one. */
const retryMs = 30_000;

export interface ServerNewsDeps {
  /** There is something to look at: a revision that was not heard of before, or a look that is owed. */
  readonly onNews: () => void;
  /** Whether the server can be heard has changed. */
  readonly onConnectionState: () => void;
  readonly onDefect: (error: unknown) => void;
}

/** What is heard of the tree that a folder is bound to, between commands. */
export class ServerNews {
  readonly #deps: ServerNewsDeps;
  #feed: RevisionFeed | undefined;
  #heard: AnnouncedRevision | undefined;
  #connectionState: ConnectionState | undefined;
  #failure: PalmtreeError | undefined;
  #isRewound = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(parts: ServerNewsDeps) {
    this.#deps = parts;
  }

  get heard(): AnnouncedRevision | undefined {
    return this.#heard;
  }

  /** The last look failed, or the server was away since: what is known may be old. */
  get isLookOwed(): boolean {
    return this.#failure !== undefined || this.#isRewound;
  }

  get offline(): PalmtreeError | undefined {
    const standing = this.#connectionState;
    // A tree that is not there yet is made by the first push.
    if (standing !== undefined && 'error' in standing && standing.error.code !== 'tree_not_found')
      return standing.error;
    // Another window that is busy says nothing of the server.
    return this.#failure?.code === 'store_locked' ? undefined : this.#failure;
  }

  /** Follows `remote` in the place of what was followed; `since` is the revision that is known of it. */
  async follow(remote: Pick<ServerBinding, 'client' | 'tree'> | undefined, since: number): Promise<void> {
    await this.dispose();
    if (remote === undefined) return;
    const { client, tree } = remote;
    this.#feed = new RevisionFeed({
      client,
      tree,
      since,
      onRevision: (revision) => {
        this.#heard = revision;
        this.#deps.onNews();
      },
      onRewind: () => {
        this.#isRewound = true;
        this.#deps.onNews();
      },
      onConnectionState: (standing) => this.#setConnectionState(standing),
      onDefect: this.#deps.onDefect,
    });
  }

  /** The server has just answered. */
  wake(): void {
    if (this.#connectionState !== undefined && 'error' in this.#connectionState) this.#feed?.wake();
  }

  /** Tells how a look went. */
  looked(failure: PalmtreeError | undefined): void {
    this.#failure = failure;
    this.#isRewound = false;
    clearTimeout(this.#retry);
    if (failure !== undefined) this.#retry = setTimeout(() => this.#owe(), retryMs);
  }

  async dispose(): Promise<void> {
    clearTimeout(this.#retry);
    const feed = this.#feed;
    this.#feed = undefined;
    this.#heard = undefined;
    this.#connectionState = undefined;
    this.#failure = undefined;
    await feed?.dispose();
  }

  #setConnectionState(standing: ConnectionState): void {
    this.#connectionState = standing;
    this.#deps.onConnectionState();
    this.#owe();
  }

  /** While the server cannot be heard a look waits for that. */
  #owe(): void {
    if (this.#connectionState !== undefined && !('error' in this.#connectionState)) this.#deps.onNews();
  }
}
