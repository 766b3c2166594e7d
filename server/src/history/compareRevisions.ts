import type { PathDifference, RevisionSummary } from '../contract/history';
import type { FileEntry } from '../contract/schemas';
import { WireError } from '../errors';
import type { PagedList } from '../http/pagedList';
import { sameEntry } from '../trees/entry';
import type { EntryRepository } from '../trees/entryRepository';
import { requireRevision, type TreeRepository } from '../trees/treeRepository';
import type { RevisionRepository } from './revisionRepository';

export interface CompareServices {
  readonly trees: TreeRepository;
  readonly entries: EntryRepository;
  readonly revisions: RevisionRepository;
}

export async function compareRevisions(
  { trees, entries }: CompareServices,
  { treeName, from, to }: { treeName: string; from: number; to: number },
): Promise<PagedList<PathDifference>> {
  const tree = await trees.find(treeName);
  requireRevision(tree, from);
  requireRevision(tree, to);
  return { head: { from, to }, pages: differences(entries, tree.id, from, to) };
}

export async function revisionDetail(
  { trees, entries, revisions }: CompareServices,
  { treeName, number }: { treeName: string; number: number },
): Promise<PagedList<PathDifference> & { readonly head: { readonly revision: RevisionSummary } }> {
  const tree = await trees.find(treeName);
  requireRevision(tree, number);
  const revision = await revisions.find(tree.id, number);
  if (revision === undefined) {
    throw new WireError('revision_not_found', `${treeName} has no revision ${number}`, { head: tree.head });
  }
  return { head: { revision }, pages: differences(entries, tree.id, number - 1, number) };
}

/** Needs no transaction, because the entries at a revision never change. */
async function* differences(
  entries: EntryRepository,
  treeId: number,
  from: number,
  to: number,
): AsyncGenerator<readonly PathDifference[]> {
  const range = { older: Math.min(from, to), newer: Math.max(from, to) };
  for await (const paths of entries.pagesOfPathsChanged(treeId, range)) {
    const entriesBefore = await entries.atRevision(treeId, from, paths);
    const entriesAfter = await entries.atRevision(treeId, to, paths);
    yield paths.flatMap((path) => {
      const before = entriesBefore.get(path) ?? null;
      const after = entriesAfter.get(path) ?? null;
      return sameState(before, after) ? [] : [{ path, before, after }];
    });
  }
}

function sameState(before: FileEntry | null, after: FileEntry | null): boolean {
  return before === null || after === null ? before === after : sameEntry(before, after);
}
