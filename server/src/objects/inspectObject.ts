import { accessSync, constants, lstatSync } from 'node:fs';
import { hasContent } from './content';
import { stampFrom, type FileStamp } from './fileStamp';

/** The state of the file that should have one content. */
export type ObjectState =
  | { readonly state: 'whole'; readonly size: number }
  | { readonly state: 'missing' }
  /** The content is composed of chunks, of which some are damaged. `fault` is a clause about it. */
  | { readonly state: 'incomplete'; readonly fault: string }
  /**
   * `fault` is a clause about the file. `isMovable` is false where the fault is not the file's but this user's rights, and
   * for a pack, which has other contents too.
   */
  | { readonly state: 'damaged'; readonly fault: string; readonly isMovable: boolean; readonly stamp: FileStamp };

/** Compares `file` with its content, or with the hash alone if the size is unknown. Never throws for the file's faults. */
export async function inspectObject(
  file: string,
  { hash, size: declared }: { readonly hash: string; readonly size?: number | undefined },
  quick: boolean,
): Promise<ObjectState> {
  const stats = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return { state: 'missing' };
  const damaged = (fault: string, isMovable = true): ObjectState => {
    return { state: 'damaged', fault, isMovable, stamp: stampFrom(stats) };
  };
  if (!stats.isFile()) return damaged('is not a regular file');
  const size = Number(stats.size);
  const sizeFault =
    declared === undefined || size === declared ? undefined : `has ${size} bytes instead of ${declared}`;
  if (quick) return { state: 'whole', size };
  try {
    // Root may read all files, and for others `hasContent` does not tell a file that it may not read from a damaged one.
    accessSync(file, constants.R_OK);
    return (await hasContent(file, { hash, size }))
      ? { state: 'whole', size }
      : damaged(sizeFault ?? 'has other content');
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { state: 'missing' };
    return damaged(`cannot be read (${code})`, code !== 'EACCES' && code !== 'EPERM');
  }
}
