import type { PendingCounts } from '../../core/status/folderSummaries';

/** `↑3 ↓1 !1`, as in the status bar. */
export function pendingSigns({ outgoing, incoming, conflicts, problems, held }: PendingCounts): string {
  const signs = { '↑': outgoing, '↓': incoming, '⊘': problems, '?': held, '!': conflicts };
  return Object.entries(signs)
    .flatMap(([sign, count]) => (count > 0 ? [`${sign}${count}`] : []))
    .join(' ');
}
