import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { readNoFollow } from '../fs/openFlags';
import { findBlocks } from './findBlocks';
import type { Signature } from './signature';

/** A part of a file, in bytes. */
export interface Gap {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface FillRequest {
  /** Files that may have parts of the other one, absolute; those that cannot be read are left out. */
  readonly bases: readonly string[];
  /** A new file, absolute. */
  readonly target: string;
}

/**
 * Writes the parts of the server's file that `bases` have into a new file of its size. Returns the parts that are missing, in
 * their order. Throws the system's error if the target cannot be written.
 */
export function fillFromBasis({ bases, target }: FillRequest, signature: Signature): Gap[] {
  const output = openSync(target, 'wx', 0o600);
  try {
    ftruncateSync(output, signature.fileBytes);
    const blocks = new Set<number>();
    for (const basis of bases) copyBlocks(basis, output, signature, blocks);
    return gapsBetween(blocks, signature);
  } finally {
    closeSync(output);
  }
}

function copyBlocks(basis: string, output: number, signature: Signature, blocks: Set<number>): void {
  const buffer = Buffer.allocUnsafe(signature.blockBytes);
  const input = openBasis(basis);
  if (input === undefined) return;
  try {
    for (const part of findBlocks(input, fstatSync(input).size, signature)) {
      if (part.kind === 'data' || blocks.has(part.block)) continue;
      if (readSync(input, buffer, 0, part.bytes, part.start) < part.bytes) return;
      const start = part.block * signature.blockBytes;
      for (let written = 0; written < part.bytes;) {
        written += writeSync(output, buffer, written, part.bytes - written, start + written);
      }
      blocks.add(part.block);
    }
  } finally {
    closeSync(input);
  }
}

function openBasis(basis: string): number | undefined {
  try {
    const input = openSync(basis, readNoFollow);
    if (fstatSync(input).isFile()) return input;
    closeSync(input);
  } catch {
    // The file has gone since, or may not be read.
  }
  return undefined;
}

function gapsBetween(blocks: ReadonlySet<number>, { blockCount, blockBytes, fileBytes }: Signature): Gap[] {
  const gaps: { start: number; end: number }[] = [];
  for (let block = 0; block < blockCount; block++) {
    if (blocks.has(block)) continue;
    const start = block * blockBytes;
    const end = Math.min(fileBytes, start + blockBytes);
    const last = gaps.at(-1);
    if (last?.end === start) last.end = end;
    else gaps.push({ start, end });
  }
  return gaps;
}
