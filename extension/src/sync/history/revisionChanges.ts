import type { PathDifference } from '../../../../server/src/contract/history';
import { compareNaturally } from '../../core/paths';
import { findRenames, type Rename } from '../../core/reconcile/renames';
import { changeOf } from '../../core/wire';

export interface RevisionChange extends PathDifference {
  /** The path of `before`, if the revision renamed the file to `path`. */
  readonly renamedFrom?: string;
}

/** Files, at least two, that a revision moved from one folder to another with their names. */
export interface RenamedFolder {
  readonly from: string;
  readonly to: string;
  readonly changes: readonly RevisionChange[];
}

/** The changes of a revision, with renames found. */
export interface RevisionChanges {
  readonly folders: readonly RenamedFolder[];
  /** The changes outside of `folders`, sorted by path. */
  readonly changes: readonly RevisionChange[];
}

export function revisionChanges(all: readonly PathDifference[]): RevisionChanges {
  // Whether such a path was added, nobody knows.
  const unpaired = all.filter(({ beforeRemoved }) => beforeRemoved === true);
  const differences = all.filter(({ beforeRemoved }) => beforeRemoved !== true);
  const isRenamePossible = differences.some(({ after }) => after === null) && differences.some(isAddition);
  if (!isRenamePossible) return { folders: [], changes: inOrder(all) };
  const byPath = new Map(differences.map((difference) => [difference.path, difference]));
  const { folders, files, rest } = findRenames(differences.map(changeOf));
  const renamed = ({ from, to }: Rename): RevisionChange => ({
    path: to,
    renamedFrom: from,
    before: byPath.get(from)?.before ?? null,
    after: byPath.get(to)?.after ?? null,
  });
  const others = rest.flatMap(({ path }) => byPath.get(path) ?? []);
  const changes = inOrder([...unpaired, ...others, ...files.map(renamed)]);
  const renamedFolders = folders.map(({ from, to, files }) => ({ from, to, changes: inOrder(files.map(renamed)) }));
  return { folders: renamedFolders.sort((a, b) => compareNaturally(a.to, b.to)), changes };
}

function inOrder(changes: readonly RevisionChange[]): RevisionChange[] {
  return [...changes].sort((a, b) => compareNaturally(a.path, b.path));
}

function isAddition({ before }: PathDifference): boolean {
  return before === null;
}
