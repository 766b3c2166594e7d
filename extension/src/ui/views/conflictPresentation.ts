import type { Conflict } from '../../core/change';
import { isSmallFile } from '../../sync/content/conflictContent';

/** Whether a merge editor may be of use, as far as is known without looking into the files. */
export function isMergeable({ local, remote }: Conflict): boolean {
  return isSmallFile(local) && isSmallFile(remote);
}

/** What is special about a conflict, for the row's description; nothing where both sides edited a file. */
export function conflictMessage({ local, remote, ancestor }: Conflict): string {
  if (local === undefined) return 'deleted here';
  if (remote === undefined) return 'deleted on the server';
  if (ancestor === undefined) return 'added on both sides';
  return '';
}
