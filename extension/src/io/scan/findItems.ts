import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FoundItem } from '../../core/tracking/successors';
import { PalmtreeError } from '../../errors';
import { errnoOf } from '../fs/errno';
import { fileIdentityOf } from '../fs/fileIdentity';
import { hashFile } from '../fs/hashFile';
import { inParallel } from '../threads/inParallel';

const concurrency = 8;
/** A search ends after this many files and folders. */
const maxItems = 200_000;

export interface ItemSearch {
  readonly root: string;
  readonly isExcluded: (path: string) => boolean;
  /** Whether a file or folder is a result. */
  readonly isWanted: (item: FoundItem) => boolean;
  /** Whether a result, which is a file, has to be hashed. */
  readonly isHashed: (item: FoundItem) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds files, symlinks and folders in the workspace folder, the outer ones first. It follows no symlinks, and ignores what
 * it may not read. The event loop stays free. Throws cancelled.
 */
export async function findItems(search: ItemSearch): Promise<FoundItem[]> {
  const found: FoundItem[] = [];
  let visited = 0;
  let folders = [''];
  while (folders.length > 0 && visited < maxItems) {
    throwIfAborted(search);
    const listed = (await inParallel(folders, concurrency, (folder) => itemsIn(folder, search))).flat();
    visited += listed.length;
    for (const item of listed) if (search.isWanted(item)) found.push(item);
    folders = listed.flatMap(({ kind, path }) => (kind === 'folder' ? [path] : []));
  }
  return inParallel(found, 1, (item) => withHash(item, search));
}

async function itemsIn(folder: string, { root, isExcluded }: ItemSearch): Promise<FoundItem[]> {
  const names = (await unlessUnreadable(readdir(join(root, folder), { withFileTypes: true }))) ?? [];
  const paths = names.filter(isFileOrFolder).map(({ name }) => (folder === '' ? name : `${folder}/${name}`));
  const items: FoundItem[] = [];
  for (const path of paths) {
    if (isExcluded(path)) continue;
    const stats = await unlessUnreadable(lstat(join(root, path), { bigint: true }));
    if (stats !== undefined) items.push(itemOf(path, stats));
  }
  return items;
}

function throwIfAborted({ signal }: ItemSearch): void {
  if (signal?.aborted === true) throw new PalmtreeError('cancelled', 'the search was cancelled');
}

function isFileOrFolder(entry: Dirent): boolean {
  return entry.isFile() || entry.isDirectory() || entry.isSymbolicLink();
}

function itemOf(path: string, stats: BigIntStats): FoundItem {
  const { size, mtimeNs } = stats;
  const kind = stats.isDirectory() ? 'folder' : 'file';
  return { path, kind, identity: fileIdentityOf(stats), size: Number(size), mtimeNs };
}

async function withHash(item: FoundItem, search: ItemSearch): Promise<FoundItem> {
  if (item.kind !== 'file' || !search.isHashed(item)) return item;
  throwIfAborted(search);
  const hashed = await hashFile(join(search.root, item.path));
  return hashed === undefined ? item : { ...item, hash: hashed.hash };
}

async function unlessUnreadable<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
