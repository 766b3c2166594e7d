import type { FileEntry } from '../contract/schemas';
import { pathsError, WireError } from '../errors';
import type { ContentStore } from '../objects/contentStore';
import type { EntryRepository } from '../trees/entryRepository';
import { requireRevision, type TreeRepository } from '../trees/treeRepository';

export interface ContentServices {
  readonly trees: TreeRepository;
  readonly entries: EntryRepository;
  readonly contents: ContentStore;
}

/**
 * The entry of `path` at `revision`, if its content is stored.
 * Throws tree_not_found, revision_not_found, version_removed, not_found, content_unavailable.
 */
export async function findStoredEntry(
  { trees, entries, contents }: ContentServices,
  { treeName, path, revision }: { treeName: string; path: string; revision: number },
): Promise<FileEntry> {
  const tree = await trees.find(treeName);
  requireRevision(tree, revision);
  const entry = (await entries.atRevision(tree.id, revision, [path])).get(path);
  if (entry !== undefined && (entry.kind !== 'file' || (await contents.has(entry)))) return entry;
  // Looked for last, because it is removed before its content is.
  await requireNotRemoved(entries, { treeId: tree.id, revision, paths: [path] });
  if (entry === undefined) {
    throw new WireError('not_found', `${treeName} has no ${JSON.stringify(path)} at revision ${revision}`, {
      paths: [path],
    });
  }
  throw contentUnavailable(entry);
}

/** Throws version_removed. */
export async function requireNotRemoved(
  entries: EntryRepository,
  { treeId, revision, paths }: { treeId: number; revision: number; paths: readonly string[] },
): Promise<void> {
  const removed = await entries.removed.at(treeId, revision, paths);
  if (removed.size > 0)
    throw pathsError('version_removed', [...removed], `was removed by retention at revision ${revision}`);
}

export function contentUnavailable({ path, revision }: FileEntry): WireError {
  return pathsError('content_unavailable', [path], `has no stored content at revision ${revision}`);
}
