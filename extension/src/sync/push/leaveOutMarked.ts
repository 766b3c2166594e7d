import type { Change } from '../../core/change';
import { restrictTo } from '../../core/reconcile/restrictTo';
import { inParallel } from '../../io/threads/inParallel';
import { hasMarkers, maxMarkedBytes, readMarked } from '../content/markers';
import type { Replica } from '../replica/replica';

const concurrency = 8;

/** The files that `changes` would send with the conflict markers of an unfinished merge. */
export async function findMarked(root: string, changes: readonly Change[]): Promise<ReadonlySet<string>> {
  const candidates = changes.flatMap(({ path, from, to }) =>
    to?.kind === 'file' && to.size > 0 && to.size <= maxMarkedBytes && to.hash !== from?.hash ? [path] : [],
  );
  const marked = new Set<string>();
  await inParallel(candidates, concurrency, async (path) => {
    const content = await readMarked(root, path);
    if (content !== undefined && hasMarkers(content)) marked.add(path);
  });
  return marked;
}

/** Leaves the changes of `paths` out. */
export function without(changes: readonly Change[], paths: ReadonlySet<string>): readonly Change[] {
  if (paths.size === 0) return changes;
  return restrictTo(changes, new Set(changes.flatMap(({ path }) => (paths.has(path) ? [] : [path]))));
}

/**
 * Leaves out of a push the files with the conflict markers of an unfinished merge, and marks them as unpushable: a conflict
 * keeps its own path from being pushed, but the file may have been renamed or copied since.
 */
export async function leaveOutMarked(
  { root, local }: Pick<Replica, 'root' | 'local'>,
  changes: readonly Change[],
): Promise<readonly Change[]> {
  const marked = await findMarked(root, changes);
  if (marked.size > 0) local.markUnpushable([...marked], 'conflict-markers');
  return without(changes, marked);
}
