import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '../../core/entry';
import { PalmtreeError } from '../../errors';
import { sha256 } from '../../io/fs/sha256';
import { historicalContent } from './historicalContent';
import type { ServerBinding } from '../ports/serverBinding';

/**
 * The content that both sides agreed on: from the disk where the file there still is it, or else from the server's
 * history; of a symlink its target. Throws content_unavailable when it is in neither.
 */
export async function ancestorContent(
  root: string,
  entry: Entry,
  requireRemote: () => Pick<ServerBinding, 'client' | 'tree'>,
  revision: number,
): Promise<Uint8Array> {
  if (entry.target !== undefined) return new TextEncoder().encode(entry.target);
  const here = await contentHere(root, entry);
  const content = here ?? (await historicalContent(requireRemote(), entry, revision));
  if (content !== undefined) return content;
  throw new PalmtreeError('content_unavailable', `${entry.path} with ${entry.hash} is in no history`, {
    details: { paths: [entry.path] },
  });
}

async function contentHere(root: string, { path, size, hash }: Entry): Promise<Uint8Array | undefined> {
  try {
    const file = join(root, path);
    const stats = await lstat(file);
    if (!stats.isFile() || stats.size !== size) return undefined;
    const content = await readFile(file);
    return sha256(content) === hash ? content : undefined;
  } catch {
    // Gone or not to be read: the server has it.
    return undefined;
  }
}
