import type { Logger } from 'pino';
import type { RevisionEvent } from '../contract/history';
import type { Token } from '../http/appEnv';
import type { RevisionRepository } from '../history/revisionRepository';
import type { TokenRepository } from '../tokens/tokenRepository';
import type { Tree } from '../trees/treeRepository';
import { readyMessage, revisionMessage } from './eventText';
import type { RevisionNotices } from './revisionNotices';
import { RevisionStream } from './revisionStream';

/** So many at a time, however many a reader has missed. */
const revisionsAtOnce = 50;

export interface StreamRequest {
  readonly tree: Tree;
  readonly token: Token;
  /** The newest revision that the reader knows of. */
  readonly since: number;
  readonly log: Logger;
}

/** The event streams that are open. */
export class RevisionStreams {
  readonly #open = new Set<RevisionStream>();
  readonly #revisions: RevisionRepository;
  readonly #tokens: TokenRepository;
  readonly #notices: RevisionNotices;
  readonly #heartbeatMs: number;
  #ended = false;

  constructor(
    { revisions, tokens }: { revisions: RevisionRepository; tokens: TokenRepository },
    notices: RevisionNotices,
    heartbeatMs: number,
  ) {
    this.#revisions = revisions;
    this.#tokens = tokens;
    this.#notices = notices;
    this.#heartbeatMs = heartbeatMs;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Begins with the head alone: what came between is in the history. */
  async open({ tree, token, since, log }: StreamRequest): Promise<ReadableStream<Uint8Array>> {
    const head = tree.head > since ? await this.#revisionAt(tree) : undefined;
    const stream = new RevisionStream({
      opening: head === undefined ? readyMessage({ revision: tree.head }) : revisionMessage(head),
      known: tree.head,
      heartbeatMs: this.#heartbeatMs,
      after: (number) => this.#revisions.after(tree.id, number, revisionsAtOnce),
      listen: (notice) => this.#notices.listen(tree.id, notice),
      isAllowed: () => this.#tokens.isActive(token.id),
      onEnd: (failure) => {
        this.#open.delete(stream);
        if (failure !== undefined) log.error({ err: failure }, 'an event stream failed');
      },
    });
    this.#open.add(stream);
    // A request may have been let in just before the server began to stop.
    if (this.#ended) stream.end();
    return stream.body;
  }

  /** Ends all, and from now on each that is opened. */
  endAll(): void {
    this.#ended = true;
    for (const stream of this.#open) stream.end();
  }

  async #revisionAt(tree: Tree): Promise<RevisionEvent | undefined> {
    const [head] = await this.#revisions.after(tree.id, tree.head - 1, 1);
    return head;
  }
}
