import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Content } from './content';
import { writeFully } from './writeFully';

/** Creates `file` from the pieces. Returns whether it has the content; if not, it is removed, also after an error. */
export async function receiveContent(
  file: string,
  content: Content,
  pieces: AsyncIterable<Buffer>,
  mode: number,
): Promise<boolean> {
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
