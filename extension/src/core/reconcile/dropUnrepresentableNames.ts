import { withChanges } from '../change';
import type { FileTable } from '../entry';
import { nameProblems } from '../filenames/nameProblems';
import { isPlain, nameKey, type FolderNameRules } from '../filenames/nameRules';
import { parentFolders } from '../paths';
import type { Problem } from '../problem';
import type { Reconciliation } from './reconcile';

/** A plan without the puts that the disk cannot store. */
export interface FilteredPlan {
  readonly plan: Reconciliation;
  /** The names that the disk cannot store, by path; a folder's problem concerns all puts in it. */
  readonly problems: ReadonlyMap<string, Problem>;
  /** The paths that the plan no longer puts. */
  readonly dropped: ReadonlySet<string>;
}

/**
 * Drops the puts of `plan` whose names the disk cannot store together with its other files. A change of spelling alone
 * is kept: the old name is deleted with it. `unsyncable` are the paths on the disk that are not in `local`.
 */
export function dropUnrepresentableNames(
  plan: Reconciliation,
  local: FileTable,
  rules: FolderNameRules,
  unsyncable: Iterable<string> = [],
): FilteredPlan {
  const problems = new Map<string, Problem>();
  const dropped = new Set<string>();
  if (isPlain(rules)) return { plan, problems, dropped };
  const added = new Set(plan.downloads.flatMap(({ path, from, to }) => (from === undefined && to ? [path] : [])));
  if (added.size === 0) return { plan, problems, dropped };
  const after = withChanges(local, plan.downloads);
  const found = nameProblems([...after.keys(), ...unsyncable], rules, (path) => !added.has(path));
  for (const path of added) {
    for (const named of [path, ...parentFolders(path)]) {
      const problem = found.get(named);
      if (problem === undefined) continue;
      problems.set(named, problem);
      dropped.add(path);
    }
  }
  const keepsOldName = stayingUnderOldName(dropped, added, rules);
  const downloads = plan.downloads.filter(
    ({ path, to }) => !dropped.has(path) && (to !== undefined || !keepsOldName(path)),
  );
  return { plan: { ...plan, downloads }, problems, dropped };
}

/**
 * Returns a function that tells whether a path stays on the disk because it was not renamed.
 * Invariant: a path whose put under a new spelling was dropped is not deleted under its old spelling either.
 */
function stayingUnderOldName(
  dropped: ReadonlySet<string>,
  added: ReadonlySet<string>,
  rules: FolderNameRules,
): (path: string) => boolean {
  const keys = new Set([...dropped].map((path) => nameKey(path, rules)));
  if (keys.size > 0) for (const path of added) if (!dropped.has(path)) keys.delete(nameKey(path, rules));
  return (path) => keys.size > 0 && keys.has(nameKey(path, rules));
}
