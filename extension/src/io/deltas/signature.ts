import { hash } from 'node:crypto';
import {
  blockBytesFor,
  blockSignatureBytes,
  signatureBytesFor,
  signatureHeadBytes,
  strongBytes,
} from '../../../../server/src/contract/differences';

/** At most this many blocks with the same weak checksum are compared. A file of zeros has only such blocks. */
const maxCandidates = 8;
const filterBits = 20;

/** The size in bytes of the file that the signature describes; undefined if the bytes are too few for a signature. */
export function fileBytesOf(signature: Uint8Array): number | undefined {
  const buffer = Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength);
  return buffer.length < signatureHeadBytes ? undefined : Number(buffer.readBigUInt64BE(4));
}

/** The checksums of the blocks of a file that the other side has. */
export class Signature {
  readonly blockBytes: number;
  /** The size of that file in bytes. */
  readonly fileBytes: number;
  readonly #bytes: Buffer;
  readonly #byWeak = new Map<number, number[]>();
  /** Nearly all checksums that are looked up belong to no block, and this tells so faster than a map. */
  readonly #filter = new Uint8Array(1 << filterBits);

  /** Undefined if the bytes are not a signature. */
  static parse(bytes: Uint8Array): Signature | undefined {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (buffer.length < signatureHeadBytes) return undefined;
    const blockBytes = buffer.readUInt32BE(0);
    const fileBytes = Number(buffer.readBigUInt64BE(4));
    // A server that chose other blocks could make this side read a whole file at once.
    if (blockBytes !== blockBytesFor(fileBytes) || buffer.length !== signatureBytesFor(fileBytes)) return undefined;
    return new Signature(buffer, blockBytes, fileBytes);
  }

  private constructor(bytes: Buffer, blockBytes: number, fileBytes: number) {
    this.#bytes = bytes;
    this.blockBytes = blockBytes;
    this.fileBytes = fileBytes;
    for (let block = 0; block < this.blockCount; block++) {
      if (this.bytesOf(block) < blockBytes) continue;
      const weak = this.#weakOf(block);
      const blocks = this.#byWeak.get(weak);
      if (blocks === undefined) this.#byWeak.set(weak, [block]);
      else if (blocks.length < maxCandidates) blocks.push(block);
      this.#filter[filterIndex(weak)] = 1;
    }
  }

  get blockCount(): number {
    return Math.ceil(this.fileBytes / this.blockBytes);
  }

  /** Bytes of a block: the last one may be shorter. */
  bytesOf(block: number): number {
    return Math.min(this.blockBytes, this.fileBytes - block * this.blockBytes);
  }

  /** Whether some block may have this weak checksum. */
  mayHave(weak: number): boolean {
    return this.#filter[filterIndex(weak)] === 1 && this.#byWeak.has(weak);
  }

  /** The block with this content; `expected` if that is one of several. */
  find(weak: number, content: Uint8Array, expected: number): number | undefined {
    const candidates = this.#byWeak.get(weak) ?? [];
    const strong = strongChecksum(content);
    if (
      expected < this.blockCount &&
      this.bytesOf(expected) === content.length &&
      this.#isBlock(expected, weak, strong)
    ) {
      return expected;
    }
    return candidates.find((block) => this.#isBlock(block, weak, strong));
  }

  /** Whether the block has this content. */
  isAt(block: number, weak: number, content: Uint8Array): boolean {
    return this.#weakOf(block) === weak && this.#isBlock(block, weak, strongChecksum(content));
  }

  #isBlock(block: number, weak: number, strong: Uint8Array): boolean {
    const start = signatureHeadBytes + block * blockSignatureBytes + 4;
    return this.#weakOf(block) === weak && this.#bytes.subarray(start, start + strongBytes).equals(strong);
  }

  #weakOf(block: number): number {
    return this.#bytes.readUInt32BE(signatureHeadBytes + block * blockSignatureBytes);
  }
}

function strongChecksum(content: Uint8Array): Uint8Array {
  return hash('sha256', content, 'buffer').subarray(0, strongBytes);
}

function filterIndex(weak: number): number {
  return Math.imul(weak, 0x9e3779b1) >>> (32 - filterBits);
}
