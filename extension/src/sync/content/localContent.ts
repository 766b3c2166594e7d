import { join } from 'node:path';
import type { Entry } from '../../core/entry';
import { sha256 } from '../../io/fs/sha256';
import { readSmallFile } from '../../io/fs/smallFile';

/** The content of an entry, read from its path on this disk; undefined if the file there has another content. */
export async function localContent(root: string, { path, size, hash }: Entry): Promise<Uint8Array | undefined> {
  const content = await readSmallFile(join(root, path), size);
  return content !== undefined && sha256(content) === hash ? content : undefined;
}
