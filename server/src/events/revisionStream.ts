import type { RevisionEvent } from '../contract/history';
import { revisionMessage } from './eventText';

export interface StreamSource {
  /** What the stream begins with. */
  readonly opening: string;
  /** The revision that the reader knows of once it has read `opening`. */
  readonly known: number;
  readonly heartbeatMs: number;
  /** The next revisions after `number`, oldest first: some of them, or none when there are none. */
  readonly after: (number: number) => Promise<readonly RevisionEvent[]>;
  readonly listen: (notice: () => void) => () => void;
  /** Asked at each heartbeat. */
  readonly isAllowed: () => Promise<boolean>;
  readonly onEnd: (failure?: unknown) => void;
}

const heartbeat = ': \n\n';
const utf8 = new TextEncoder();

/**
 * One reader's stream of a tree's revisions. What is new is read from the database when the reader asks for
 * more, so that one who is slow costs no memory and misses nothing.
 */
export class RevisionStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #source: StreamSource;
  readonly #timer: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #known: number;
  #hasNews = true;
  #beatDue = false;
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(source: StreamSource) {
    this.#source = source;
    this.#known = source.known;
    this.#stopListening = source.listen(() => this.#notice());
    this.#timer = setInterval(() => {
      this.#beat().catch((error: unknown) => this.end(error));
    }, source.heartbeatMs);
    this.#timer.unref();
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
        this.#send(source.opening);
      },
      pull: () => this.#pull().catch((error: unknown) => this.end(error)),
      cancel: () => {
        this.#release();
      },
    });
  }

  /** The reader comes again with the last id that it read, so a failure ends the stream as anything else does. */
  end(failure?: unknown): void {
    if (this.#release(failure)) this.#controller?.close();
  }

  /** Returns when something was sent, or the stream has ended. */
  async #pull(): Promise<void> {
    while (!this.#ended) {
      if (this.#hasNews) {
        // Cleared before the read: a notice that comes during it asks for another.
        this.#hasNews = false;
        if (await this.#sendNews()) return;
      } else if (this.#beatDue) {
        this.#beatDue = false;
        this.#send(heartbeat);
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }

  async #sendNews(): Promise<boolean> {
    const revisions = await this.#source.after(this.#known);
    const newest = revisions.at(-1);
    if (this.#ended || newest === undefined) return false;
    this.#known = newest.revision;
    this.#hasNews = true;
    this.#send(revisions.map(revisionMessage).join(''));
    return true;
  }

  /** It does not wait for the reader: also one that takes nothing is let go when its token is revoked. */
  async #beat(): Promise<void> {
    if (!(await this.#source.isAllowed())) return this.end();
    this.#beatDue = true;
    this.#notice();
  }

  #notice(): void {
    this.#hasNews = true;
    this.#wake();
  }

  #send(text: string): void {
    this.#controller?.enqueue(utf8.encode(text));
  }

  #release(failure?: unknown): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    clearInterval(this.#timer);
    this.#stopListening();
    this.#wake();
    this.#source.onEnd(failure);
    return true;
  }
}
