import type { PathDifference, RevisionSummary } from '../contract/history';
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

/** A comparison of two revisions. */
interface Range {
  readonly treeId: number;
  readonly from: number;
  readonly to: number;
}

export async function compareRevisions(
  { trees, entries }: CompareServices,
  { treeName, from, to, withRemoved }: { treeName: string; from: number; to: number; withRemoved: boolean },
): Promise<PagedList<PathDifference>> {
  const tree = await trees.find(treeName);
  requireRevision(tree, from);
  requireRevision(tree, to);
  const range = { treeId: tree.id, from, to };
  const removed = withRemoved ? entries.removed.pagesAt(tree.id, [from, to]) : none();
  return { head: { from, to }, pages: differences(entries, range, removed) };
}

export async function revisionDetail(
  { trees, entries, revisions }: CompareServices,
  { treeName, number, withRemoved }: { treeName: string; number: number; withRemoved: boolean },
): Promise<PagedList<PathDifference> & { readonly head: { readonly revision: RevisionSummary } }> {
  const tree = await trees.find(treeName);
  requireRevision(tree, number);
  const revision = await revisions.find(tree.id, number);
  if (revision === undefined) {
    throw new WireError('revision_not_found', `${treeName} has no revision ${number}`, { head: tree.head });
  }
  const range = { treeId: tree.id, from: number - 1, to: number };
  const removed = withRemoved ? entries.removed.pagesBefore(tree.id, number) : none();
  return { head: { revision }, pages: differences(entries, range, removed) };
}

async function* none(): AsyncGenerator<string[]> {}

/** The differences whose sides are both there, then those of the paths in `removed`. */
async function* differences(
  entries: EntryRepository,
  range: Range,
  removed: AsyncIterable<readonly string[]>,
): AsyncGenerator<readonly PathDifference[]> {
  const { treeId, from, to } = range;
  const span = { older: Math.min(from, to), newer: Math.max(from, to) };
  for await (const paths of entries.pagesOfPathsChanged(treeId, span)) {
    yield (await statesOf(entries, range, paths)).filter(
      (difference) => !lacksSide(difference) && isChange(difference),
    );
  }
  for await (const paths of removed) yield (await statesOf(entries, range, paths)).filter(lacksSide);
}

/** Needs no transaction: the states at a revision never change, except that they may be removed. */
async function statesOf(
  entries: EntryRepository,
  { treeId, from, to }: Range,
  paths: readonly string[],
): Promise<PathDifference[]> {
  const before = await entries.statesAt(treeId, from, paths);
  const after = await entries.statesAt(treeId, to, paths);
  return paths.map((path) => ({
    path,
    before: before.found.get(path) ?? null,
    after: after.found.get(path) ?? null,
    ...(before.removed.has(path) ? { beforeRemoved: true } : {}),
    ...(after.removed.has(path) ? { afterRemoved: true } : {}),
  }));
}

function lacksSide({ beforeRemoved, afterRemoved }: PathDifference): boolean {
  return beforeRemoved === true || afterRemoved === true;
}

function isChange({ before, after }: PathDifference): boolean {
  return before === null || after === null ? before !== after : !sameEntry(before, after);
}
