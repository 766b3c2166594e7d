import type { BigIntStats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';

/** The numbers by which a file system knows a folder, as decimal texts. */
export interface FolderIdentity {
  readonly dev: string;
  readonly ino: string;
  /** The time of its creation in nanoseconds; '0' where the file system does not keep it. */
  readonly birth: string;
}

/**
 * The folders at which a disk is mounted: their device is not that of the folder above them. It has the workspace
 * folder, `''`, unless nothing was scanned yet.
 */
export type Mounts = ReadonlyMap<string, FolderIdentity>;

export interface KnownFolder extends FolderIdentity {
  /** The real path. */
  readonly path: string;
}

/** Undefined if no folder is at `path`, or if it cannot be read. */
export async function knownFolderAt(path: string): Promise<KnownFolder | undefined> {
  try {
    const stats = await stat(path, { bigint: true });
    if (!stats.isDirectory()) return undefined;
    return { path: await realpath(path), ...folderIdentityOf(stats) };
  } catch {
    return undefined;
  }
}

export function folderIdentityOf({ dev, ino, birthtimeNs }: BigIntStats): FolderIdentity {
  return { dev: `${dev}`, ino: `${ino}`, birth: `${birthtimeNs}` };
}

/**
 * Whether two identities are of one folder. The device is compared only where nothing better is known: its number may
 * change at a reboot. An inode number alone is not enough: another folder may get it once the first is deleted.
 */
export function isSameFolder(a: FolderIdentity, b: FolderIdentity): boolean {
  return a.ino === b.ino && a.birth === b.birth && (isReliable(a) || a.dev === b.dev);
}

/** Whether the folder at the path of `known` was replaced. Inode numbers may change by themselves; creation times do not. */
export function isReplaced(known: FolderIdentity, now: FolderIdentity): boolean {
  return isReliable(known) && isReliable(now) && known.birth !== now.birth;
}

/** Whether the file system keeps the times of creation, which makes an identity unique. */
export function isReliable({ birth }: FolderIdentity): boolean {
  return birth !== '0';
}
