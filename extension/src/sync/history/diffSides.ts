import { join } from 'node:path';
import type { Entry } from '../../core/entry';
import { maxMergeBytes } from '../../core/merge/mergeText';
import type { DiffSide } from '../../core/merge/unifiedDiff';
import { contentAt } from '../../io/fs/contentAt';
import type { TreeHistory } from './treeHistory';

type Reads = Pick<TreeHistory, 'ancestorEntry' | 'ancestorContent' | 'versionAt' | 'serverContent'>;

/** The content of `path` on this disk, where the last scan has found `hash`; undefined if there is no file. */
export async function localSide(root: string, path: string, hash: string | undefined): Promise<DiffSide | undefined> {
  const content = await contentAt(join(root, path), maxMergeBytes);
  return content !== undefined && content.length > maxMergeBytes ? { hash } : content;
}

/** The last synced content of `path`; undefined if it was not synced, or deleted. */
export async function syncedSide(history: Reads, path: string): Promise<DiffSide | undefined> {
  const entry = history.ancestorEntry(path);
  return entry && (largeSide(entry) ?? history.ancestorContent(path));
}

/** The content of `path` in a revision of the server; undefined if there is no such file in it. */
export async function serverSide(history: Reads, path: string, revision: number): Promise<DiffSide | undefined> {
  const entry = revision === 0 ? undefined : (await history.versionAt(path, revision))?.entry;
  return entry ? (largeSide(entry) ?? history.serverContent(path, revision)) : undefined;
}

/** A content that is too large to be shown is not read. */
function largeSide({ size, hash }: Pick<Entry, 'size' | 'hash'>): DiffSide | undefined {
  return size > maxMergeBytes ? { hash } : undefined;
}
