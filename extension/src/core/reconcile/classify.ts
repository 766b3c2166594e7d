import { sameContent, sameEntry, type Entry } from '../entry';
import { editWithMode } from '../modes';

/**
 * What is to be done about one path, looked at by itself.
 * - `unchanged`: nothing.
 * - `converged`: both sides are the same already; only the ancestor has to follow.
 * - `download`: the disk follows the server.
 * - `upload`: the server follows the disk.
 * - `conflict`: neither may move before somebody has decided.
 */
export type Classification = 'unchanged' | 'converged' | 'download' | 'upload' | 'conflict';

type Side = Entry | undefined;

/** Judges one path by what stands at it in the ancestor, on the disk and on the server. */
export function classify(ancestor: Side, local: Side, remote: Side): Classification {
  // Invariant: where the sides are the same there is nothing to carry, whoever changed what.
  if (sameEntry(local, remote)) return sameEntry(ancestor, local) ? 'unchanged' : 'converged';
  // Invariant: a side that stands as it was agreed on holds nothing that could be lost.
  if (sameEntry(ancestor, local)) return 'download';
  if (sameEntry(ancestor, remote)) return 'upload';
  // From here both sides changed, and differently.
  if (differInModeOnly(local, remote)) {
    // Invariant: the content is the same on both sides, so either mode may win and nothing is lost.
    return modeStands(ancestor, remote) ? 'upload' : 'download';
  }
  // Invariant: an edit goes over a mode that the other side set only where its own mode is the one to stand.
  const both = editWithMode(ancestor, local, remote);
  if (both !== undefined && sameEntry(both, remote)) return 'download';
  if (both !== undefined && sameEntry(both, local)) return 'upload';
  // Invariant: two contents that were never agreed on, or an edit against a deletion: neither is dropped.
  return 'conflict';
}

function differInModeOnly(local: Side, remote: Side): boolean {
  return local !== undefined && remote !== undefined && sameContent(local, remote);
}

/** Whether `side` still has the mode that was agreed on, so that another mode is the other side's wish. */
function modeStands(ancestor: Side, side: Side): boolean {
  return ancestor?.kind === 'file' && side?.mode === ancestor.mode;
}
