import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import {
  copyBytes,
  copyInstruction,
  dataHeadBytes,
  dataInstruction,
} from '../../../../server/src/contract/differences';
import { readNoFollow } from '../fs/openFlags';
import { findBlocks, prefixBytes } from './findBlocks';
import type { Signature } from './signature';

const pieceBytes = 256 << 10;

export interface DeltaRequest {
  /** Absolute. */
  readonly file: string;
  /** The bytes of it to describe. */
  readonly size: number;
  /** The file for the delta, which is replaced. */
  readonly delta: string;
  /** A delta that would be longer is of no use, in bytes. */
  readonly maxBytes: number;
}

/**
 * The way to send a file: from an offset on, as the server has the beginning; the delta that was written; or all of it, as the
 * delta would have been too long.
 */
export type DeltaResult =
  { readonly kind: 'rest'; readonly offset: number } | { readonly kind: 'delta' } | { readonly kind: 'whole' };

/**
 * Describes `file` by the blocks that the server has, and the bytes that it does not have.
 * Throws the system's error.
 */
export function writeDelta({ file, size, delta, maxBytes }: DeltaRequest, signature: Signature): DeltaResult {
  const input = openSync(file, readNoFollow);
  try {
    if (!fstatSync(input).isFile()) return { kind: 'whole' };
    const offset = prefixBytes(input, size, signature);
    if (offset > 0) return { kind: 'rest', offset };
    const output = openSync(delta, 'w', 0o600);
    try {
      const isWritten = describe(input, size, new DeltaWriter(output, maxBytes), signature);
      return { kind: isWritten ? 'delta' : 'whole' };
    } finally {
      closeSync(output);
    }
  } finally {
    closeSync(input);
  }
}

function describe(input: number, size: number, writer: DeltaWriter, signature: Signature): boolean {
  const buffer = Buffer.allocUnsafe(pieceBytes);
  for (const part of findBlocks(input, size, signature)) {
    if (part.kind === 'block') writer.copy(part.block);
    for (let sent = 0; part.kind === 'data' && sent < part.bytes;) {
      const read = readSync(input, buffer, 0, Math.min(pieceBytes, part.bytes - sent), part.start + sent);
      // The file has become shorter: the commit names it.
      if (read === 0) return false;
      writer.data(buffer.subarray(0, read));
      sent += read;
    }
    if (writer.isTooLong) return false;
  }
  writer.end();
  return !writer.isTooLong;
}

class DeltaWriter {
  readonly #output: number;
  readonly #maxBytes: number;
  #bytes = 0;
  #first = 0;
  #count = 0;

  constructor(output: number, maxBytes: number) {
    this.#output = output;
    this.#maxBytes = maxBytes;
  }

  get isTooLong(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  /** Blocks that follow each other are one instruction. */
  copy(block: number): void {
    if (this.#count > 0 && block === this.#first + this.#count) {
      this.#count++;
      return;
    }
    this.end();
    this.#first = block;
    this.#count = 1;
  }

  data(bytes: Buffer): void {
    this.end();
    const head = Buffer.alloc(dataHeadBytes);
    head.writeUInt8(dataInstruction, 0);
    head.writeUInt32BE(bytes.length, 1);
    this.#write(head);
    this.#write(bytes);
  }

  /** Writes the blocks that were named last. */
  end(): void {
    if (this.#count === 0) return;
    const instruction = Buffer.alloc(copyBytes);
    instruction.writeUInt8(copyInstruction, 0);
    instruction.writeUInt32BE(this.#first, 1);
    instruction.writeUInt32BE(this.#count, 5);
    this.#count = 0;
    this.#write(instruction);
  }

  #write(bytes: Buffer): void {
    this.#bytes += bytes.length;
    for (let written = 0; written < bytes.length;) written += writeSync(this.#output, bytes, written);
  }
}
