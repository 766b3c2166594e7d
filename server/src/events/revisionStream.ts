import type { RevisionEvent } from '../contract/history';
import { revisionEventText } from './eventText';

export interface StreamSource {
  /** The text of the first event. */
  readonly opening: string;
  /** The newest revision that the client knows after it has read `opening`. */
  readonly known: number;
  readonly heartbeatMs: number;
  /** Some of the revisions after `number`, oldest first; empty when there are no more. */
  readonly after: (number: number) => Promise<readonly RevisionEvent[]>;
  readonly listen: (onNotice: () => void) => () => void;
  readonly onEnd: (failure?: unknown) => void;
}

const heartbeat = ': \n\n';
const utf8 = new TextEncoder();

/**
 * One client's stream of a tree's revisions. It reads revisions from the database only when the client has read the
 * previous ones, so a slow client costs no memory and misses nothing.
 */
export class RevisionStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #source: StreamSource;
  readonly #timer: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #known: number;
  #mayHaveRevisions = true;
  #isHeartbeatDue = false;
  #hasEnded = false;
  #wake: () => void = () => undefined;

  constructor(source: StreamSource) {
    this.#source = source;
    this.#known = source.known;
    this.#stopListening = source.listen(() => this.#onNotice());
    this.#timer = setInterval(() => {
      this.#isHeartbeatDue = true;
      this.#onNotice();
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

  /** A failure also ends the stream normally: the client reconnects with the last id that it has read. */
  end(failure?: unknown): void {
    if (this.#release(failure)) this.#controller?.close();
  }

  /** Resolves when something was sent or the stream has ended. */
  async #pull(): Promise<void> {
    while (!this.#hasEnded) {
      if (this.#mayHaveRevisions) {
        // Cleared before the read, so that a notice during the read causes another one.
        this.#mayHaveRevisions = false;
        if (await this.#sendRevisions()) return;
      } else if (this.#isHeartbeatDue) {
        this.#isHeartbeatDue = false;
        this.#send(heartbeat);
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }

  async #sendRevisions(): Promise<boolean> {
    const revisions = await this.#source.after(this.#known);
    const newest = revisions.at(-1);
    if (this.#hasEnded || newest === undefined) return false;
    this.#known = newest.revision;
    this.#mayHaveRevisions = true;
    this.#send(revisions.map(revisionEventText).join(''));
    return true;
  }

  #onNotice(): void {
    this.#mayHaveRevisions = true;
    this.#wake();
  }

  #send(text: string): void {
    this.#controller?.enqueue(utf8.encode(text));
  }

  /** Returns false when the stream had already ended. */
  #release(failure?: unknown): boolean {
    if (this.#hasEnded) return false;
    this.#hasEnded = true;
    clearInterval(this.#timer);
    this.#stopListening();
    this.#wake();
    this.#source.onEnd(failure);
    return true;
  }
}
