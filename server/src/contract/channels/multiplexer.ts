import type { Readable, Writable } from 'node:stream';
import { Channel, type ChannelSender } from './channel';
import { FrameError, FrameReader, encodeFrame, encodeWindow, type Frame } from './frames';

interface MultiplexerOptions {
  /** Called for each channel that the other end opens. Without it, the other end may open none. */
  readonly onChannel?: (channel: Channel) => void;
  /** The interval between pings, in milliseconds. An end from which nothing came in three of them is gone. */
  readonly pingMs?: number;
}

/** The most channels that a client has open. A server accepts twice as many: it may learn later that one has ended. */
export const maxOpenChannels = 128;
const defaultPingMs = 30_000;
const pingsPerSilence = 3;
/** Channels take turns with frames of this size. */
const pieceBytes = 32 << 10;
/** Answers to an end that does not read them are dropped beyond this. */
const maxWaitingBytes = 1 << 20;

/**
 * Carries many streams of bytes over one. Each direction of a channel has a window, so one whose reader has paused delays no
 * other, and memory stays bounded. An end that breaks the rules ends the connection.
 */
export class Multiplexer implements ChannelSender {
  /** Resolves when the connection has ended, with the fault if there was one. */
  readonly closed: Promise<Error | undefined>;
  readonly #options: MultiplexerOptions;
  readonly #channels = new Map<number, Channel>();
  readonly #ready = new Set<Channel>();
  /** The frames from before the start. */
  readonly #early: Buffer[] = [];
  #lastId = 0;
  #output: Writable | undefined;
  #isBlocked = false;
  #isPumping = false;
  #isOver = false;
  /** The pings since the last sign of the other end. */
  #silentPings = 0;
  #pingTimer: NodeJS.Timeout | undefined;
  #reportClosed: (fault: Error | undefined) => void = () => undefined;

  constructor(options: MultiplexerOptions = {}) {
    this.#options = options;
    this.closed = new Promise((resolve) => (this.#reportClosed = resolve));
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  /** Sends and receives frames. Channels that were opened before have waited for this. */
  start(input: Readable, output: Writable): void {
    if (this.#isOver) return;
    this.#output = output;
    for (const frame of this.#early.splice(0)) output.write(frame);
    const reader = new FrameReader();
    input.on('data', (chunk: Buffer) => this.#guarded(() => this.#readFrames(reader, chunk)));
    input.resume();
    input.once('end', () => this.close());
    input.once('error', (error) => this.close(error));
    input.once('close', () => this.close());
    output.once('error', (error) => this.close(error));
    output.once('close', () => this.close());
    output.on('drain', () => {
      this.#isBlocked = false;
      this.#pump();
    });
    this.#watchPeer();
    this.#pump();
  }

  /** Opens a channel. One too many is destroyed with an error. */
  open(): Channel {
    const fault = this.#isOver ? 'the connection has ended' : 'too many channels are open';
    if (this.#isOver || this.#channels.size >= maxOpenChannels) return this.#newChannel(0).destroy(new Error(fault));
    const channel = this.#add(++this.#lastId);
    this.#send(encodeFrame('open', channel.id));
    return channel;
  }

  /** Ends the connection and all channels, with `error` if there is one. */
  close(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#pingTimer);
    for (const channel of this.#channels.values()) channel.destroy(error ?? new Error('the connection was lost'));
    this.#output?.end();
    this.#reportClosed(error);
  }

  ready(channel: Channel): void {
    this.#ready.add(channel);
    this.#pump();
  }

  sendWindow(channel: Channel, bytes: number): void {
    this.#send(encodeWindow(channel.id, bytes));
  }

  sendEnd(channel: Channel): void {
    this.#send(encodeFrame('end', channel.id));
  }

  forget(channel: Channel, isOver: boolean): void {
    this.#ready.delete(channel);
    if (this.#channels.delete(channel.id) && !isOver) this.#send(encodeFrame('reset', channel.id));
  }

  #add(id: number): Channel {
    const channel = this.#newChannel(id);
    this.#channels.set(id, channel);
    return channel;
  }

  #newChannel(id: number): Channel {
    const channel = new Channel(id, this);
    // Its owner has no listener before this returns.
    channel.on('error', () => undefined);
    return channel;
  }

  #send(frame: Buffer): void {
    if (this.#isOver) return;
    if (this.#output === undefined) this.#early.push(frame);
    else if (!this.#output.write(frame)) this.#isBlocked = true;
  }

  /** Sends the data of the channels in turn, as long as the connection takes it. */
  #pump(): void {
    // A channel whose data was sent may get more at once; then it is another's turn.
    if (this.#output === undefined || this.#isPumping) return;
    this.#isPumping = true;
    for (const channel of this.#ready) {
      if (this.#isBlocked || this.#isOver) break;
      this.#ready.delete(channel);
      if (!channel.canSend) continue;
      channel.sendPiece(pieceBytes, (piece) => this.#send(encodeFrame('data', channel.id, piece)));
      if (channel.canSend) this.#ready.add(channel);
    }
    this.#isPumping = false;
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.close(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #readFrames(reader: FrameReader, chunk: Buffer): void {
    this.#silentPings = 0;
    for (const frame of reader.read(chunk)) {
      if (this.#isOver) return;
      this.#receive(frame);
    }
  }

  #receive({ type, channel: id, payload }: Frame): void {
    if (type === 'ping') {
      if ((this.#output?.writableLength ?? 0) < maxWaitingBytes) this.#send(encodeFrame('pong', 0));
      return;
    }
    if (type === 'pong') return;
    if (type === 'open') return this.#accept(id);
    const channel = this.#channels.get(id);
    if (channel === undefined) {
      if (id > this.#lastId) throw new FrameError(`channel ${id} was never opened`);
      // It was on its way when this end gave the channel up.
      return;
    }
    if (type === 'data') channel.receive(payload);
    else if (type === 'window') channel.receiveWindow(payload.readUInt32BE(0));
    else if (type === 'end') channel.receiveEnd();
    else {
      this.#channels.delete(id);
      this.#ready.delete(channel);
      channel.receiveReset();
    }
  }

  #accept(id: number): void {
    const { onChannel } = this.#options;
    if (onChannel === undefined) throw new FrameError('only the client opens channels');
    if (id <= this.#lastId) throw new FrameError(`channel ${id} was opened after channel ${this.#lastId}`);
    this.#lastId = id;
    if (this.#channels.size >= 2 * maxOpenChannels) throw new FrameError('too many channels are open');
    onChannel(this.#add(id));
  }

  #watchPeer(): void {
    const pingMs = this.#options.pingMs ?? defaultPingMs;
    this.#pingTimer = setInterval(() => {
      // Counted, not timed: after a standstill of this process, what has arrived meanwhile is read first.
      if (++this.#silentPings > pingsPerSilence) return this.close(new Error('the other end does not respond'));
      if (!this.#isBlocked) this.#send(encodeFrame('ping', 0));
    }, pingMs);
    this.#pingTimer.unref();
  }
}
