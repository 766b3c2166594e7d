/**
 * The frames of a multiplexed connection: a header of 9 bytes (type, channel, length; big-endian) and a payload. The windows
 * are those of yamux (https://github.com/hashicorp/yamux/blob/master/spec.md): each direction of a channel has its own.
 */
const frameTypes = {
  /** Opens a channel. Only the client does; the ids of its channels grow. */
  open: 1,
  data: 2,
  /** Lets the other end send this many more bytes on the channel; the payload is a number of 4 bytes. */
  window: 3,
  /** The sender sends no more data on the channel. */
  end: 4,
  /** Neither end sends more on the channel. */
  reset: 5,
  /** Asks for a pong, of channel 0. */
  ping: 6,
  pong: 7,
} as const;

export type FrameType = keyof typeof frameTypes;

export interface Frame {
  readonly type: FrameType;
  readonly channel: number;
  readonly payload: Buffer;
}

const headerBytes = 9;
export const maxPayloadBytes = 64 << 10;
/** The bytes that an end may send on a channel before the other one has read any. */
export const windowBytes = 256 << 10;

const typesByNumber = new Map<number, FrameType>(
  Object.entries(frameTypes).map(([type, number]) => [number, type as FrameType]),
);

/** The other end broke the rules of the frames. The connection is of no more use. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

export function encodeFrame(type: FrameType, channel: number, payload: Buffer = noPayload): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + payload.length);
  frame.writeUInt8(frameTypes[type], 0);
  frame.writeUInt32BE(channel, 1);
  frame.writeUInt32BE(payload.length, 5);
  payload.copy(frame, headerBytes);
  return frame;
}

export function encodeWindow(channel: number, bytes: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(bytes, 0);
  return encodeFrame('window', channel, payload);
}

const noPayload = Buffer.alloc(0);

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #length = 0;
  #header: Header | undefined;

  /** Yields the frames that `chunk` completes. Throws FrameError. */
  *read(chunk: Buffer): Generator<Frame> {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    for (;;) {
      if (this.#header === undefined && this.#length >= headerBytes)
        this.#header = parseHeader(this.#take(headerBytes));
      const header = this.#header;
      if (header === undefined || this.#length < header.length) return;
      this.#header = undefined;
      yield { type: header.type, channel: header.channel, payload: this.#take(header.length) };
    }
  }

  #take(count: number): Buffer {
    let [first = noPayload] = this.#chunks;
    if (first.length < count) {
      first = Buffer.concat(this.#chunks);
      this.#chunks = [first];
    }
    this.#chunks[0] = first.subarray(count);
    if (this.#chunks[0].length === 0) this.#chunks.shift();
    this.#length -= count;
    return first.subarray(0, count);
  }
}

interface Header {
  readonly type: FrameType;
  readonly channel: number;
  readonly length: number;
}

function parseHeader(bytes: Buffer): Header {
  const number = bytes.readUInt8(0);
  const type = typesByNumber.get(number);
  const length = bytes.readUInt32BE(5);
  if (type === undefined) throw new FrameError(`a frame has the unknown type ${number}`);
  if (length > payloadLimit(type)) throw new FrameError(`a frame of type ${type} has ${length} bytes`);
  if (type === 'window' && length !== 4) throw new FrameError('the size of a window has 4 bytes');
  return { type, channel: bytes.readUInt32BE(1), length };
}

function payloadLimit(type: FrameType): number {
  if (type === 'data') return maxPayloadBytes;
  return type === 'window' ? 4 : 0;
}
