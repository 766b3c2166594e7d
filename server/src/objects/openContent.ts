import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { closeRead, type Content } from './content';

/** A content has not the bytes that it should have. */
export class DamagedContent extends Error {}

/** A content that can be read. The caller closes it. */
export interface OpenContent {
  /** Some bytes from `position` on: at least one and at most `length`. Throws DamagedContent if there are none. */
  read(position: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Called after each piece of a long read. It may pause the read, or throw to end it. */
export type OnPiece = () => Promise<void>;

/** Reads up to `length` bytes at `position` of a file. Throws DamagedContent for a sector that the disk cannot read. */
export async function readAt(handle: FileHandle, bytes: Buffer, length: number, position: number): Promise<number> {
  try {
    return (await handle.read(bytes, 0, length, position)).bytesRead;
  } catch (error) {
    throw new DamagedContent('the disk cannot read the file', { cause: error });
  }
}

/** A part of a file, from `start` on. */
export function fileContent(handle: FileHandle, start = 0): OpenContent {
  return {
    read: async (position, length) => {
      const buffer = Buffer.allocUnsafeSlow(length);
      const bytesRead = await readAt(handle, buffer, length, start + position);
      if (bytesRead === 0) throw new DamagedContent(`the file ends after ${position} bytes`);
      return buffer.subarray(0, bytesRead);
    },
    close: () => closeRead(handle),
  };
}

const pieceBytes = 256 << 10;

/** All bytes of a content, one piece after the other. */
export async function* piecesOf(content: OpenContent, size: number, onPiece?: OnPiece): AsyncGenerator<Buffer> {
  for (let position = 0; position < size;) {
    const piece = await content.read(position, Math.min(pieceBytes, size - position));
    position += piece.length;
    yield piece;
    await onPiece?.();
  }
}

/** Reads all of an open content. */
export async function isWholeContent(
  opened: OpenContent,
  { hash, size }: Content,
  onPiece?: OnPiece,
): Promise<boolean> {
  const digest = createHash('sha256');
  try {
    for await (const piece of piecesOf(opened, size, onPiece)) digest.update(piece);
  } catch (error) {
    if (error instanceof DamagedContent) return false;
    throw error;
  }
  return digest.digest('hex') === hash;
}
