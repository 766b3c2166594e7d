import type { Logger } from 'pino';
import type { RevisionEvent } from '../contract/history';
import type { RevisionRepository } from '../history/revisionRepository';
import type { Tree } from '../trees/treeRepository';
import { readyEventText, revisionEventText } from './eventText';
import type { RevisionNotices } from './revisionNotices';
import { RevisionStream } from './revisionStream';

/** The number of revisions that are read from the database and sent at once. */
const revisionsPerRead = 50;

export interface StreamRequest {
  readonly tree: Tree;
  /** The newest revision that the client knows. */
  readonly since: number;
  readonly log: Logger;
}

/** The open event streams. */
export class RevisionStreams {
  /** The id of the tree of each. */
  readonly #open = new Map<RevisionStream, number>();
  readonly #revisions: RevisionRepository;
  readonly #notices: RevisionNotices;
  readonly #heartbeatMs: number;
  #ended = false;

  constructor(revisions: RevisionRepository, notices: RevisionNotices, heartbeatMs: number) {
    this.#revisions = revisions;
    this.#notices = notices;
    this.#heartbeatMs = heartbeatMs;
  }

  get size(): number {
    return this.#open.size;
  }

  /** The stream begins with the head if it is newer than `since`. The revisions before the head are in the history. */
  async open({ tree, since, log }: StreamRequest): Promise<ReadableStream<Uint8Array>> {
    const head = tree.head > since ? await this.#headOf(tree) : undefined;
    const stream = new RevisionStream({
      opening: head === undefined ? readyEventText({ revision: tree.head }) : revisionEventText(head),
      known: tree.head,
      heartbeatMs: this.#heartbeatMs,
      after: (number) => this.#revisions.after(tree.id, number, revisionsPerRead),
      listen: (onNotice) => this.#notices.listen(tree.id, onNotice),
      onEnd: (failure) => {
        this.#open.delete(stream);
        if (failure !== undefined) log.error({ err: failure }, 'an event stream failed');
      },
    });
    this.#open.set(stream, tree.id);
    // The request may have been accepted just before the server began to stop.
    if (this.#ended) stream.end();
    return stream.body;
  }

  /** Ends all streams, including those that are opened later. */
  endAll(): void {
    this.#ended = true;
    for (const stream of this.#open.keys()) stream.end();
  }

  /** Ends the streams of a tree that was deleted or renamed: its clients learn that when they reconnect. */
  endOf(treeId: number): void {
    for (const [stream, tree] of this.#open) if (tree === treeId) stream.end();
  }

  async #headOf(tree: Tree): Promise<RevisionEvent | undefined> {
    const [head] = await this.#revisions.after(tree.id, tree.head - 1, 1);
    return head;
  }
}
