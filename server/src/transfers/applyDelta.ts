import {
  blockBytesFor,
  copyBytes,
  copyInstruction,
  dataHeadBytes,
  dataInstruction,
  minBlockBytes,
} from '../contract/differences';
import { WireError } from '../errors';
import type { OpenFile } from '../objects/content';
import { fileContent, piecesOf } from '../objects/openContent';
import type { Progress } from './pace';

/** A copied block, with the data before it, takes two instructions. A few more may come before the first block and at the end. */
const instructionsPerBlock = 2;
const moreInstructions = 16;

interface DeltaRequest {
  /** Aborted when the request ends. */
  readonly signal: AbortSignal;
  /** Gets the bytes that are copied, for which the client sends nothing. */
  readonly progress: Progress;
}

/**
 * The bytes of a file that `delta` describes by the blocks of `basis`, see the contract's `differences.ts`. They are made one piece
 * after the other, so a few instructions that would become gigabytes are only followed as far as wanted.
 * Throws invalid_request for a delta that is not valid or has many instructions for few bytes, the reason of the request's end, and the errors of `delta` and of the disk.
 */
export async function* applyDelta(
  delta: AsyncIterable<Uint8Array>,
  basis: OpenFile,
  request: DeltaRequest,
): AsyncGenerator<Uint8Array, undefined> {
  const input = new Input(delta);
  let instructions = 0;
  let made = 0;
  try {
    for (let head = await input.take(1); head !== undefined; head = await input.take(1)) {
      // A small body could otherwise decompress to so many that nobody else would be served.
      if (++instructions > moreInstructions + (instructionsPerBlock * made) / minBlockBytes)
        throw notADelta('has too many instructions');
      if (head[0] === copyInstruction) {
        const operands = await input.need(copyBytes - 1);
        const blocks = blocksOf(basis, operands.readUInt32BE(0), operands.readUInt32BE(4));
        for await (const piece of blocks) {
          request.signal.throwIfAborted();
          request.progress.bytes += piece.length;
          made += piece.length;
          yield piece;
        }
      } else if (head[0] === dataInstruction) {
        const length = (await input.need(dataHeadBytes - 1)).readUInt32BE(0);
        if (length === 0) throw notADelta('has an instruction without data');
        for (let left = length; left > 0;) {
          const piece = await input.some(left);
          request.signal.throwIfAborted();
          left -= piece.length;
          made += piece.length;
          yield piece;
        }
      } else throw notADelta('has an unknown instruction');
    }
  } finally {
    await input.end();
  }
}

/** The bytes of this many blocks. Throws invalid_request if the file does not have them. */
function blocksOf({ handle, size }: OpenFile, first: number, count: number): AsyncIterable<Uint8Array> {
  const blockBytes = blockBytesFor(size);
  const start = first * blockBytes;
  const end = Math.min(size, (first + count) * blockBytes);
  if (count === 0 || (first + count - 1) * blockBytes >= size)
    throw notADelta('names a block that the file does not have');
  return piecesOf(fileContent(handle, start), end - start);
}

/** Cuts pieces of any length into the parts that are wanted. */
class Input {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Undefined at the end. */
  async take(bytes: number): Promise<Buffer | undefined> {
    while (this.#rest.length < bytes) {
      const piece = await this.#next();
      if (piece !== undefined) this.#rest = Buffer.concat([this.#rest, piece]);
      else if (this.#rest.length === 0) return undefined;
      else throw notADelta('ends too early');
    }
    const taken = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(bytes);
    return taken;
  }

  async need(bytes: number): Promise<Buffer> {
    const taken = await this.take(bytes);
    if (taken === undefined) throw notADelta('ends too early');
    return taken;
  }

  /** Between 1 and `maxBytes` bytes. */
  async some(maxBytes: number): Promise<Buffer> {
    if (this.#rest.length > 0) return this.need(Math.min(maxBytes, this.#rest.length));
    const piece = await this.#next();
    if (piece === undefined) throw notADelta('ends too early');
    this.#rest = piece.subarray(maxBytes);
    return piece.subarray(0, maxBytes);
  }

  /** Ends the source, whose timer would run on if the delta has failed. */
  async end(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #next(): Promise<Buffer | undefined> {
    for (;;) {
      const { done, value } = await this.#pieces.next();
      if (done === true) return undefined;
      if (value.length > 0) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
  }
}

function notADelta(fault: string): WireError {
  return new WireError('invalid_request', `the delta ${fault}`);
}
