import type { PathDifference } from '../../../../server/src/contract/history';
import { comparePaths } from '../../core/paths';
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

export function revisionChanges(differences: readonly PathDifference[]): RevisionChanges {
  const isRenamePossible = differences.some(({ after }) => after === null) && differences.some(isAddition);
  if (!isRenamePossible) return { folders: [], changes: differences };
  const byPath = new Map(differences.map((difference) => [difference.path, difference]));
  const { folders, files, rest } = findRenames(differences.map(changeOf));
  const renamed = ({ from, to }: Rename): RevisionChange => ({
    path: to,
    renamedFrom: from,
    before: byPath.get(from)?.before ?? null,
    after: byPath.get(to)?.after ?? null,
  });
  const others = rest.flatMap(({ path }) => byPath.get(path) ?? []);
  const changes = [...others, ...files.map(renamed)].sort((a, b) => comparePaths(a.path, b.path));
  return { folders: folders.map(({ from, to, files }) => ({ from, to, changes: files.map(renamed) })), changes };
}

function isAddition({ before }: PathDifference): boolean {
  return before === null;
}
