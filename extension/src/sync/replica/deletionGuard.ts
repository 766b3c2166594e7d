import { isAbsolute } from 'node:path';
import { guardedDeletions, lostFoldersSteps, missingFoldersSteps, removedContent } from '../../core/deletionGuard';
import { isAtOrInside, isInside, parentFolders } from '../../core/paths';
import { deletedRulePaths } from '../../core/tracking/deletedRulePaths';
import { withChanges, type Change } from '../../core/change';
import { PalmtreeError, type ErrorDetails } from '../../errors';
import { RealFolders } from '../../io/fs/realFolders';
import { identityOfFolder, isEmptyFolder } from '../../io/fs/rootFolder';
import { runYielding } from '../../io/threads/yielding';
import { isMissing } from './followRenames';
import type { Replica } from './replica';

type Deletions = NonNullable<ErrorDetails['deletions']>;

export interface DeletionGuardOptions {
  /**
   * True if the user wants to go on whatever is deleted. A set if the user has seen a stopped plan, which deleted or emptied
   * these paths: a plan that removes others is stopped again.
   */
  readonly confirmed?: boolean | ReadonlySet<string> | undefined;
}

export interface GuardedPlan extends DeletionGuardOptions {
  readonly direction: 'push' | 'pull';
  readonly changes: readonly Change[];
}

/**
 * Stops a plan that would delete or empty most of the tracked files, all files of the workspace folder or of a tracked
 * folder, or all files of any folder that has ten or more. A pull also stops if a tracked folder is empty here already:
 * its disk may not be mounted. A push also stops if it deletes a file or folder that was tracked by itself and has
 * vanished without a successor, or whose new path cannot be synced, and any push if another folder is in the place of the
 * workspace folder.
 * Throws deletion_guard with the deletions of the plan.
 */
export async function applyDeletionGuard(
  replica: Replica,
  { direction, changes, confirmed }: GuardedPlan,
): Promise<void> {
  if (changes.length === 0) return;
  const { deleted, emptied } = removedContent(changes);
  if (isConfirmed(confirmed, [...deleted, ...emptied])) return replica.local.agreedRoot.agree();
  const isReplaced = direction === 'push' && replica.local.agreedRoot.isReplaced;
  const { observations } = replica.local;
  const ancestor = replica.ancestor.entries;
  const tracked = ancestor.size;
  const guarded = guardedDeletions(changes, tracked, replica.deletionGuardFraction);
  const folders = replica.rules.trackedFolders;
  const isAffected = (folder: string): boolean =>
    changes.some(({ path }) => isAtOrInside(path, folder) || isInside(folder, path));
  const missing = (await isRootEmptied(replica))
    ? ['']
    : (await runYielding(missingFoldersSteps(folders, ancestor, observations))).filter(isAffected);
  const after = direction === 'push' ? observations : withChanges(observations, changes);
  const emptiedAfter = direction === 'push' ? [] : await runYielding(missingFoldersSteps(folders, ancestor, after));
  const emptiedByPlan = emptiedAfter.filter(isAffected);
  const tableAfter = () => (direction === 'push' ? withChanges(ancestor, changes) : after);
  const lost = await runYielding(lostFoldersSteps(changes, tableAfter));
  const vanished = direction === 'push' && !missing.includes('') ? vanishedIn(replica, deleted, changes) : [];
  if (
    !isReplaced &&
    guarded === undefined &&
    missing.length + emptiedByPlan.length + lost.length + vanished.length === 0
  )
    return;
  const deletedByPlan = emptiedByPlan.filter((path) => !missing.includes(path));
  const isNamed = (folder: string): boolean =>
    [...missing, ...vanished, ...deletedByPlan].some((path) => isAtOrInside(folder, path));
  const folderLists = {
    missingFolders: missing,
    vanishedPaths: vanished.filter((path) => !missing.includes(path)),
    deletedFolders: deletedByPlan,
    lostFolders: lost.filter((folder) => !isNamed(folder)),
  };
  throw guardError(
    { direction, deletes: deleted.length, emptied: emptied.length, tracked, isReplaced, ...folderLists },
    [...deleted, ...emptied],
  );
}

function isConfirmed(confirmed: DeletionGuardOptions['confirmed'] = false, removed: readonly string[]): boolean {
  return typeof confirmed === 'boolean' ? confirmed : removed.every((path) => confirmed.has(path));
}

/**
 * Checks the workspace folder before a pull is planned. Throws root_gone if it does not exist, and deletion_guard if it
 * is empty although files were synced: the pull must not take these for deleted.
 */
export async function requireRoot(replica: Replica, { confirmed }: DeletionGuardOptions): Promise<void> {
  await identityOfFolder(replica.root);
  if (isConfirmed(confirmed, []) || !(await isRootEmptied(replica))) return;
  const tracked = replica.ancestor.entries.size;
  throw guardError(
    {
      direction: 'pull',
      deletes: 0,
      emptied: 0,
      tracked,
      missingFolders: [''],
      vanishedPaths: [],
      deletedFolders: [],
      lostFolders: [],
    },
    [],
  );
}

/**
 * Returns the files and folders with rules of their own that are in `deleted`, or contain a path in it, and that exist
 * neither on this disk nor, under a new path, on the server after the changes.
 */
function vanishedIn(
  { root, rules, ancestor }: Replica,
  deleted: readonly string[],
  changes: readonly Change[],
): string[] {
  let existing: Set<string> | undefined;
  const hasArrived = (path: string): boolean => {
    // The editor moved it to another workspace folder.
    if (isAbsolute(path)) return true;
    existing ??= new Set(
      [...withChanges(ancestor.entries, changes).keys()].flatMap((one) => [one, ...parentFolders(one)]),
    );
    return existing.has(path);
  };
  const folders = new RealFolders(root);
  return deletedRulePaths(rules.all, deleted, hasArrived).filter((path) => isMissing(root, path, folders));
}

/** Whether the workspace folder is empty although files were synced. Then even the deletion of one file is guarded. */
async function isRootEmptied({ root, ancestor }: Replica): Promise<boolean> {
  return ancestor.entries.size > 0 && (await isEmptyFolder(root));
}

function guardError(deletions: Deletions, paths: readonly string[]): PalmtreeError {
  const { direction, deletes, emptied } = deletions;
  const { missingFolders, vanishedPaths, deletedFolders, lostFolders } = deletions;
  const lost = [...missingFolders, ...vanishedPaths, ...deletedFolders, ...lostFolders]
    .map((path) => JSON.stringify(path))
    .join(', ');
  const message = `the ${direction} deletes ${deletes} and empties ${emptied} files; nothing left of: ${lost || '-'}`;
  return new PalmtreeError('deletion_guard', message, { details: { deletions, paths: [...paths].sort() } });
}
