import type { SkipReason } from '../../io/apply/preconditions';
import type { Skipped } from '../../io/apply/transition';

const skippedByReason: Readonly<Record<SkipReason, string>> = {
  changed: 'was changed meanwhile; try again',
  unsaved: 'has unsaved edits; save it, then try again',
  merging: 'is being merged; finish the merge, or decide the conflict',
  occupied: 'has something in its place that is not tracked; move that away, then try again',
  blocked: 'lies behind a symbolic link or a file; move that away, then try again',
  spelling: 'lies in a folder that is spelled otherwise here; rename that folder, then try again',
  unsafe: 'would lead out of the folder',
  missing: 'did not arrive as it was pushed; try again, or Force Push it from a machine that has it',
  failed: 'was refused by the system',
  cancelled: 'was not reached; try again',
};

/** Why a pull, a restore or an undo left a path as it is, to be read after the path. */
export function skippedMessage({ reason, errno }: Skipped): string {
  return errno === undefined ? skippedByReason[reason] : `${skippedByReason[reason]} (${errno})`;
}
