import type { PalmtreeError } from '../../errors';
import { RevisionFeed, type FeedStanding, type HeardRevision } from '../../io/api/revisionFeed';
import type { Remote } from '../ports/serverBinding';

/** After a look that failed though the server is heard: the next one. */
const retryMs = 30_000;

export interface ServerNewsParts {
  /** There is something to look at: a revision that was not heard of before, or a look that is owed. */
  readonly onNews: () => void;
  /** Whether the server can be heard has changed. */
  readonly onStanding: () => void;
  readonly onDefect: (error: unknown) => void;
}

/** What is heard of the tree that a folder is bound to, between commands. */
export class ServerNews {
  readonly #parts: ServerNewsParts;
  #feed: RevisionFeed | undefined;
  #heard: HeardRevision | undefined;
  #standing: FeedStanding | undefined;
  #failure: PalmtreeError | undefined;
  #isRewound = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(parts: ServerNewsParts) {
    this.#parts = parts;
  }

  get heard(): HeardRevision | undefined {
    return this.#heard;
  }

  /** The last look failed, or the server was away since: what is known may be old. */
  get isLookOwed(): boolean {
    return this.#failure !== undefined || this.#isRewound;
  }

  get away(): PalmtreeError | undefined {
    const standing = this.#standing;
    // A tree that is not there yet is made by the first push.
    if (standing !== undefined && 'error' in standing && standing.error.code !== 'tree_not_found')
      return standing.error;
    // Another window that is busy says nothing of the server.
    return this.#failure?.code === 'store_locked' ? undefined : this.#failure;
  }

  /** Follows `remote` in the place of what was followed; `since` is the revision that is known of it. */
  async follow(remote: Pick<Remote, 'client' | 'tree'> | undefined, since: number): Promise<void> {
    await this.dispose();
    if (remote === undefined) return;
    const { client, tree } = remote;
    this.#feed = new RevisionFeed({
      client,
      tree,
      since,
      onRevision: (revision) => {
        this.#heard = revision;
        this.#parts.onNews();
      },
      onRewind: () => {
        this.#isRewound = true;
        this.#parts.onNews();
      },
      onStanding: (standing) => this.#stand(standing),
      onDefect: this.#parts.onDefect,
    });
  }

  /** The server has just answered. */
  wake(): void {
    if (this.#standing !== undefined && 'error' in this.#standing) this.#feed?.wake();
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
    this.#standing = undefined;
    this.#failure = undefined;
    await feed?.dispose();
  }

  #stand(standing: FeedStanding): void {
    this.#standing = standing;
    this.#parts.onStanding();
    this.#owe();
  }

  /** While the server cannot be heard a look waits for that. */
  #owe(): void {
    if (this.#standing !== undefined && !('error' in this.#standing)) this.#parts.onNews();
  }
}
