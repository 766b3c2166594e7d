import { createHash, hash } from 'node:crypto';
import { closeSync, fchmodSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isSmall, type Content } from './content';
import { writeFully } from './writeFully';

/** Creates `file` from the pieces. Returns whether it has the content; if not, it is removed. */
export async function receiveContent(
  file: string,
  content: Content,
  pieces: AsyncIterable<Buffer>,
  mode: number,
): Promise<boolean> {
  if (isSmall(content)) return receiveSmall(file, content, await allOf(pieces), mode);
  const handle = await open(file, 'wx', mode);
  let isWhole = false;
  try {
    const digest = createHash('sha256');
    for await (const piece of pieces) {
      digest.update(piece);
      await writeFully(handle, piece);
    }
    // The mode that open(2) sets lacks the bits of the umask.
    await handle.chmod(mode);
    isWhole = digest.digest('hex') === content.hash;
  } finally {
    await handle.close();
    if (!isWhole) rmSync(file);
  }
  return isWhole;
}

/** Synchronously, which is several times as fast for a small file. */
function receiveSmall(file: string, content: Content, bytes: Buffer, mode: number): boolean {
  if (hash('sha256', bytes, 'hex') !== content.hash) return false;
  const descriptor = openSync(file, 'wx', mode);
  try {
    writeFileSync(descriptor, bytes);
    fchmodSync(descriptor, mode);
  } finally {
    closeSync(descriptor);
  }
  return true;
}

async function allOf(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}
