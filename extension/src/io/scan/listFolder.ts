import { isUtf8 } from 'node:buffer';
import { readdirSync } from 'node:fs';
import { maxSegments, pathFault, type PathFault } from '../../../../server/src/contract/paths';

/**
 * Printable ASCII without `/` and `\`, except `.`, `..`, names like that of a git folder, and the name that rsync reserves:
 * `pathFault` accepts every such name in a short path.
 */
const ordinaryName = /^(?!\.\.?$|\.?git|rsyncd-munged$)[\x20-\x2e\x30-\x5b\x5d-\x7e]{1,255}$/i;
/** A path of this length has no more than the permitted segments. */
const shortPathLength = 2 * maxSegments - 1;

/** An item in a folder. */
export interface FolderItem {
  readonly name: string;
  readonly isDirectory: () => boolean;
  /** The fault of the name on the disk if `name` does not show it, because it is escaped. */
  readonly fault?: PathFault | 'name-not-utf8' | undefined;
}

/** A folder, by its path in the workspace folder, and all items in it. */
export interface FolderListing {
  readonly folder: string;
  readonly items: readonly FolderItem[];
}

/** Lists the folder at the absolute path. Throws the system's errors. */
export function listFolder(absolute: string): readonly FolderItem[] {
  const items = readdirSync(absolute, { withFileTypes: true });
  // Node decodes bytes that are not UTF-8 to U+FFFD. Only then read names as bytes, which takes several times as long.
  if (!items.some(({ name }) => name.includes('\uFFFD'))) return items;
  return readdirSync(absolute, { withFileTypes: true, encoding: 'buffer' }).map((item) => ({
    name: isUtf8(item.name) ? item.name.toString('utf8') : escaped(item.name),
    isDirectory: () => item.isDirectory(),
    fault: isUtf8(item.name) ? undefined : 'name-not-utf8',
  }));
}

/** The fault of `path`, whose last segment is `name` and whose other segments are known to have none. */
export function nameFault(path: string, name: string): PathFault | undefined {
  return path.length <= shortPathLength && ordinaryName.test(name) ? undefined : pathFault(path);
}

/** Writes each byte that is not ASCII as `\xNN`, so that different names stay different. */
function escaped(name: Buffer): string {
  return [...name].map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`)).join('');
}
