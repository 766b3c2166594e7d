/**
 * The protocol to which the connection of a session's rsync is upgraded, if both ends know it, instead of a WebSocket. It has
 * the same messages. Its frames are not masked, and the receiver passes their bytes on as they arrive.
 */
export const rsyncUpgrade = 'palmtree-rsync/1';

/** A frame is a byte with its type, three bytes with the length of its payload (big-endian), and the payload. */
const headBytes = 4;
/** `close` has a code of two bytes, as in RFC 6455, and a reason in UTF-8. */
export const frameType = { data: 0, ping: 1, pong: 2, close: 3 } as const;
export type FrameType = (typeof frameType)[keyof typeof frameType];

/** The most bytes of a WebSocket message, and of the payload of a frame with data. */
export const maxMessageBytes = 4 << 20;
/** The most bytes of the payload of any other frame. */
const maxControlBytes = 125;

export interface Frame {
  readonly type: FrameType;
  /** Perhaps only a part of it, if the frame has data. */
  readonly payload: Buffer;
}

export function frameHead(type: FrameType, length: number): Buffer {
  const limit = type === frameType.data ? maxMessageBytes : maxControlBytes;
  if (length > limit) throw new RangeError(`a frame of ${length} bytes is too long`);
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt32BE(type * 2 ** 24 + length);
  return head;
}

/** Takes frames from a stream of bytes. Keeps no more of them than the payload of a control frame. */
export class FrameReader {
  /** The beginning of a head, or of the payload of a control frame. */
  #begun: Buffer = Buffer.alloc(0);
  /** Bytes of the current frame with data that have not arrived yet. */
  #dataBytes = 0;

  /** The frames and parts of frames in `bytes`. Throws RangeError for a type or a length that no frame may have. */
  *read(bytes: Buffer): Generator<Frame, undefined> {
    let rest = this.#begun.length === 0 ? bytes : Buffer.concat([this.#begun, bytes]);
    this.#begun = Buffer.alloc(0);
    while (rest.length > 0) {
      if (this.#dataBytes > 0) {
        const payload = rest.subarray(0, this.#dataBytes);
        this.#dataBytes -= payload.length;
        rest = rest.subarray(payload.length);
        yield { type: frameType.data, payload };
        continue;
      }
      const head = rest.length < headBytes ? undefined : readHead(rest);
      const isComplete = head?.type === frameType.data || rest.length >= headBytes + (head?.length ?? 0);
      if (head === undefined || !isComplete) {
        this.#begun = Buffer.from(rest);
        return;
      }
      rest = rest.subarray(headBytes);
      if (head.type === frameType.data && head.length > 0) this.#dataBytes = head.length;
      else {
        yield { type: head.type, payload: rest.subarray(0, head.length) };
        rest = rest.subarray(head.length);
      }
    }
  }
}

function readHead(bytes: Buffer): { type: FrameType; length: number } {
  const head = bytes.readUInt32BE();
  const type = head >>> 24;
  const length = head & 0xff_ff_ff;
  if (!isFrameType(type)) throw new RangeError(`a frame has the unknown type ${type}`);
  if (length > (type === frameType.data ? maxMessageBytes : maxControlBytes))
    throw new RangeError(`a frame of ${length} bytes is too long`);
  return { type, length };
}

function isFrameType(type: number): type is FrameType {
  return type <= frameType.close;
}
