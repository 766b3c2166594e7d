import { guardedDeletions, missingFolders, removedContent } from '../../core/deletionGuard';
import { isInside } from '../../core/paths';
import { withChanges, type Change } from '../../core/change';
import { PalmtreeError, type ErrorDetails } from '../../errors';
import { identityOfFolder, isEmptyFolder } from '../../io/fs/rootFolder';
import type { Replica } from './replica';

type Stop = NonNullable<ErrorDetails['deletions']>;

export interface DeletionGuardOptions {
  /** The user has seen what the brake says and goes on. */
  readonly confirmed?: boolean;
}

/**
 * Stops a plan that takes away more than may pass unasked: most of what is tracked, or all of the workspace folder or
 * of a tracked folder. A pull stops as well when these were emptied here: that disk may not be mounted.
 * Throws deletion_guard, with what the plan would do.
 */
export function applyDeletionGuard(
  direction: 'push' | 'pull',
  changes: readonly Change[],
  replica: Replica,
  options: DeletionGuardOptions,
): void {
  if (options.confirmed === true || changes.length === 0) return;
  const { ancestor, observations, rules } = replica.state;
  const tracked = ancestor.size;
  const share = guardedDeletions(changes, tracked, replica.deletionGuardShare);
  const folders = [...rules.values()].filter(({ kind, effect }) => kind === 'folder' && effect === 'track');
  const paths = folders.map(({ path }) => path);
  const touches = (folder: string): boolean =>
    changes.some(({ path }) => path === folder || isInside(path, folder) || isInside(folder, path));
  const missing = isRootEmptied(replica) ? [''] : missingFolders(paths, ancestor, observations).filter(touches);
  const after = direction === 'push' ? observations : withChanges(observations, changes);
  const emptiedByPlan = direction === 'push' ? [] : missingFolders(paths, ancestor, after).filter(touches);
  if (share === undefined && missing.length + emptiedByPlan.length === 0) return;
  const { deleted, emptied } = removedContent(changes);
  const lost = {
    missingFolders: missing,
    deletedFolders: emptiedByPlan.filter((path) => !missing.includes(path)),
  };
  throw stopped({ direction, deletes: deleted.length, emptied: emptied.length, tracked, ...lost }, [
    ...deleted,
    ...emptied,
  ]);
}

/**
 * Looks at the workspace folder before anything is planned for it. Throws root_gone where there is none, and brake
 * where something was agreed on and nothing at all stands there: what a pull finds missing there was not deleted.
 */
export function requireRoot(replica: Replica, options: DeletionGuardOptions): void {
  identityOfFolder(replica.root);
  if (options.confirmed === true || !isRootEmptied(replica)) return;
  const tracked = replica.state.ancestor.size;
  throw stopped({ direction: 'pull', deletes: 0, emptied: 0, tracked, missingFolders: [''], deletedFolders: [] }, []);
}

/** A single tracked file may be deleted unasked, but not when nothing else stands where it was. */
function isRootEmptied({ root, state }: Replica): boolean {
  return state.ancestor.size > 0 && isEmptyFolder(root);
}

function stopped(stop: Stop, paths: readonly string[]): PalmtreeError {
  const { direction, deletes, emptied } = stop;
  const lost = [...stop.missingFolders, ...stop.deletedFolders].map((path) => JSON.stringify(path)).join(', ');
  const message = `the ${direction} deletes ${deletes} and empties ${emptied} files; nothing left of: ${lost || '-'}`;
  return new PalmtreeError('deletion_guard', message, { details: { deletions: stop, paths: [...paths].sort() } });
}
