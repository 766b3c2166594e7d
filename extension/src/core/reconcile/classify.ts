import { sameContent, sameEntry, type Entry } from '../entry';
import { editWithMode } from '../modes';

/**
 * The decision about one path, regardless of other paths.
 * - `unchanged`: there is nothing to do.
 * - `converged`: local and remote are equal already; only the ancestor has to follow.
 * - `download`: local becomes remote.
 * - `upload`: remote becomes local.
 * - `conflict`: neither side may change before a decision.
 */
export type Classification = 'unchanged' | 'converged' | 'download' | 'upload' | 'conflict';

type State = Entry | undefined;

/** Classifies one path by its state in the three tables; `undefined` means absent. */
export function classify(ancestor: State, local: State, remote: State): Classification {
  // Invariant: equal sides need no transfer, whoever changed them.
  if (sameEntry(local, remote)) return sameEntry(ancestor, local) ? 'unchanged' : 'converged';
  // Invariant: a side that equals the ancestor has no changes to lose.
  if (sameEntry(ancestor, local)) return 'download';
  if (sameEntry(ancestor, remote)) return 'upload';
  // From here on both sides changed, in different ways.
  if (differInModeOnly(local, remote)) {
    // Invariant: both sides have the same content, so either mode may win without a loss.
    return keepsMode(ancestor, remote) ? 'upload' : 'download';
  }
  // Invariant: an edit overwrites a mode change of the other side only if the merged mode is the edit's own.
  const merged = editWithMode(ancestor, local, remote);
  if (merged !== undefined && sameEntry(merged, remote)) return 'download';
  if (merged !== undefined && sameEntry(merged, local)) return 'upload';
  // Invariant: two different new contents conflict, as do an edit and a deletion; neither is dropped.
  return 'conflict';
}

function differInModeOnly(local: State, remote: State): boolean {
  return local !== undefined && remote !== undefined && sameContent(local, remote);
}

/** Whether `state` still has the ancestor's mode, so that only the other side changed it. */
function keepsMode(ancestor: State, state: State): boolean {
  return ancestor?.kind === 'file' && state?.mode === ancestor.mode;
}
