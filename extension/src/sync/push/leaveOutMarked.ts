import type { Change } from '../../core/change';
import { restrictTo } from '../../core/reconcile/restrictTo';
import { inParallel } from '../../io/threads/inParallel';
import { hasMarkers, maxMarkedBytes, readMarked } from '../content/markers';
import type { Replica } from '../replica/replica';

const concurrency = 8;

/**
 * Leaves out of a push the files with the conflict markers of an unfinished merge, and marks them as unpushable: a conflict
 * holds back its own path, but the file may have been renamed or copied since.
 */
export async function leaveOutMarked(
  { root, local }: Pick<Replica, 'root' | 'local'>,
  changes: readonly Change[],
): Promise<readonly Change[]> {
  const candidates = changes.flatMap(({ path, to }) =>
    to?.kind === 'file' && to.size > 0 && to.size <= maxMarkedBytes ? [path] : [],
  );
  const marked = new Set<string>();
  await inParallel(candidates, concurrency, async (path) => {
    const content = await readMarked(root, path);
    if (content !== undefined && hasMarkers(content)) marked.add(path);
  });
  if (marked.size === 0) return changes;
  local.markUnpushable([...marked], 'conflict-markers');
  return restrictTo(changes, new Set(changes.flatMap(({ path }) => (marked.has(path) ? [] : [path]))));
}
