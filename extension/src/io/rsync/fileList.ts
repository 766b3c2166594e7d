import { randomUUID } from 'node:crypto';
import { open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** rsync forwards the list in blocks of this many bytes (`FILESFROM_BUFLEN` in its io.c). */
const blockBytes = 2_048;

/**
 * The names for `--files-from=- --from0`, each with `./` before it: rsync ignores names that begin with `#` or `;`.
 *
 * The rsync of a pull notes each name while it forwards the list, and rejects files that it has not noted. It joins a name
 * that reaches from one block into the next, but forgets the start of one that reaches into a third: "rejecting unrequested
 * file-list name" (`forward_filesfrom_data`, up to 3.5.0 at least). So a long name is moved to the start of a block by NULs,
 * which rsync skips. No path reaches into three blocks from there, since all have less than 4,094 bytes.
 */
export function fileList(names: readonly string[]): string {
  const parts: string[] = [];
  let offset = 0;
  for (const name of names) {
    const item = `./${name}\0`;
    const bytes = Buffer.byteLength(item);
    const inBlock = offset % blockBytes;
    if (inBlock + bytes > 2 * blockBytes) {
      parts.push('\0'.repeat(blockBytes - inBlock));
      offset += blockBytes - inBlock;
    }
    parts.push(item);
    offset += bytes;
  }
  return parts.join('');
}

/**
 * Opens a list as a file without a name, made in `folder`. A pipe would not do: rsync may read less than a block from it.
 * The caller closes it. Throws the errors of the file system.
 */
export async function openFileList(list: string, folder: string): Promise<FileHandle> {
  const path = join(folder, `.palmtree-names-${randomUUID()}`);
  try {
    await writeFile(path, list, { flag: 'wx', mode: 0o600 });
    return await open(path);
  } finally {
    await rm(path, { force: true });
  }
}
