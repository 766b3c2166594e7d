import type { Observation } from '../../core/observation';
import type { Selection } from '../../core/tracking/selection';
import type { ScanArea } from './scanArea';
import type { ScanFindings } from './scanFindings';

/**
 * The known paths in `area` that do not exist or are not selected any more.
 * Invariant: a selected path that a problem blocks is not removed.
 */
export function removedPaths(
  known: ReadonlyMap<string, Observation>,
  findings: ScanFindings,
  area: ScanArea,
  selection: Selection,
): string[] {
  const removed: string[] = [];
  for (const path of candidates(known, findings, area)) {
    if (findings.isPresent(path) || !area.covers(path)) continue;
    // A path that is not selected any more is removed, whatever exists there.
    if (!(findings.isBlockedByProblem(path) && selection.includes(path))) removed.push(path);
  }
  return removed;
}

/** A superset of the removed paths, as small as cheap checks can make it. */
function candidates(
  known: ReadonlyMap<string, Observation>,
  findings: ScanFindings,
  { outermost }: ScanArea,
): Iterable<string> {
  // No path below a known file is known.
  if (outermost !== undefined && [...outermost].every((path) => known.has(path))) return outermost;
  const areAllPresent = findings.presentCount === known.size && findings.changed.every(({ path }) => known.has(path));
  return areAllPresent ? [] : known.keys();
}
