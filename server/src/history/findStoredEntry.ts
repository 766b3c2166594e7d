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
 * Throws tree_not_found, revision_not_found, not_found, content_unavailable.
 */
export async function findStoredEntry(
  { trees, entries, contents }: ContentServices,
  { treeName, path, revision }: { treeName: string; path: string; revision: number },
): Promise<FileEntry> {
  const tree = await trees.find(treeName);
  requireRevision(tree, revision);
  const entry = (await entries.atRevision(tree.id, revision, [path])).get(path);
  if (entry === undefined) {
    throw new WireError('not_found', `${treeName} has no ${JSON.stringify(path)} at revision ${revision}`, {
      paths: [path],
    });
  }
  if (entry.kind === 'file' && !(await contents.has(entry))) throw contentUnavailable(entry);
  return entry;
}

export function contentUnavailable({ path, revision }: FileEntry): WireError {
  return pathsError('content_unavailable', [path], `has no stored content at revision ${revision}`);
}
