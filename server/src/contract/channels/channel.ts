import { Duplex } from 'node:stream';
import { FrameError, windowBytes } from './frames';

/** Sends the frames of a channel. */
export interface ChannelSender {
  /** The channel has data to send, and a window for it. */
  ready(channel: Channel): void;
  sendWindow(channel: Channel, bytes: number): void;
  sendEnd(channel: Channel): void;
  /** Nothing more is sent or received. `isOver`: both ends have said so. */
  forget(channel: Channel, isOver: boolean): void;
}

interface PendingWrite {
  readonly chunk: Buffer;
  sent: number;
  readonly done: () => void;
}

/** The read bytes that are reported to the other end at once. */
const reportedBytes = windowBytes / 2;

/** One end of a stream of bytes in a multiplexed connection. A reader that pauses stops the sender of this channel only. */
export class Channel extends Duplex {
  readonly id: number;
  readonly #sender: ChannelSender;
  #pending: PendingWrite | undefined;
  #sendWindow = windowBytes;
  #receiveWindow = windowBytes;
  #received: Buffer[] = [];
  #hasEnded = false;
  #isEndSent = false;
  /** Nobody reads what is written any more. */
  #isUnheard = false;
  /** Read bytes that the other end does not know of. */
  #unreported = 0;
  #wantsData = false;
  #timeoutMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(id: number, sender: ChannelSender) {
    super({ allowHalfOpen: true });
    this.id = id;
    this.#sender = sender;
  }

  get canSend(): boolean {
    return this.#pending !== undefined && this.#sendWindow > 0 && !this.destroyed;
  }

  /** Sends up to `maxBytes` of the data that waits, within the window. */
  sendPiece(maxBytes: number, send: (piece: Buffer) => void): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const { chunk, sent } = pending;
    const piece = chunk.subarray(sent, sent + Math.min(maxBytes, this.#sendWindow));
    this.#sendWindow -= piece.length;
    pending.sent += piece.length;
    const isDone = pending.sent === chunk.length;
    if (isDone) this.#pending = undefined;
    this.setTimeout(this.#timeoutMs);
    send(piece);
    if (isDone) pending.done();
  }

  /** Throws FrameError for more than the window allows. */
  receive(data: Buffer): void {
    if (data.length > this.#receiveWindow) throw new FrameError(`channel ${this.id} received more than its window`);
    if (this.#hasEnded) throw new FrameError(`channel ${this.id} received data after its end`);
    this.#receiveWindow -= data.length;
    this.setTimeout(this.#timeoutMs);
    this.#received.push(data);
    if (this.#wantsData) this.#deliver();
  }

  receiveEnd(): void {
    if (this.#hasEnded) throw new FrameError(`channel ${this.id} ended twice`);
    this.#hasEnded = true;
    if (this.#wantsData) this.#deliver();
  }

  /** The other end has given the channel up. The data that it sent before its end can still be read. */
  receiveReset(): void {
    if (!this.#hasEnded) return void this.destroy(new Error('the other end has closed the channel'));
    this.#isUnheard = true;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.done();
  }

  receiveWindow(bytes: number): void {
    this.#sendWindow += bytes;
    if (bytes === 0 || this.#sendWindow > windowBytes) {
      throw new FrameError(`channel ${this.id} was given a wrong window`);
    }
    if (this.canSend) this.#sender.ready(this);
  }

  /** Emits `timeout` after this many milliseconds without data, as a socket of Node does; 0 turns that off. */
  setTimeout(ms: number): this {
    clearTimeout(this.#timer);
    this.#timeoutMs = ms;
    if (ms > 0) this.#timer = setTimeout(() => this.emit('timeout'), ms).unref();
    return this;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (chunk.length === 0 || this.#isUnheard) return done();
    this.#pending = { chunk, sent: 0, done };
    if (this.canSend) this.#sender.ready(this);
  }

  override _final(done: () => void): void {
    this.#isEndSent = true;
    this.#sender.sendEnd(this);
    done();
  }

  override _read(): void {
    this.#wantsData = true;
    this.#deliver();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.setTimeout(0);
    this.#pending = undefined;
    this.#received = [];
    this.#sender.forget(this, this.#hasEnded && this.#isEndSent);
    done(error);
  }

  #deliver(): void {
    while (this.#wantsData) {
      const data = this.#received.shift();
      if (data === undefined) break;
      this.#unreported += data.length;
      this.#wantsData = this.push(data);
    }
    if (this.#received.length === 0 && this.#hasEnded) {
      this.#wantsData = false;
      this.push(null);
      return;
    }
    if (this.#unreported < reportedBytes) return;
    this.#receiveWindow += this.#unreported;
    this.#sender.sendWindow(this, this.#unreported);
    this.#unreported = 0;
  }
}
