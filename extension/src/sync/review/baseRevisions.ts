import type { Conflict } from '../../core/change';
import { sameEntry } from '../../core/entry';
import { entryOf } from '../../core/wire';
import { isPalmtreeError } from '../../errors';
import { inParallel } from '../../io/threads/inParallel';
import type { CommandContext } from '../replica/commandContext';

/** At most this many conflicts are looked up in the server's history; the plan says less about the others. */
const maxLookups = 50;
/** Histories that are requested at the same time. */
const parallelLookups = 4;

/**
 * For each conflict of a file that both sides once shared, a revision that had the shared version: the last synced one, or,
 * for a conflict of an earlier pull, the last one that the server's history has with it. Leaves out conflicts for which the
 * server cannot say. Throws cancelled.
 */
export async function baseRevisions(
  context: CommandContext,
  conflicts: readonly Conflict[],
): Promise<ReadonlyMap<string, number>> {
  const { ancestor } = context.replica;
  const shared = conflicts.filter((conflict) => conflict.ancestor !== undefined);
  const bases = new Map(shared.map(({ path }) => [path, ancestor.revision]));
  // Their server's versions are older than the last synced revision.
  const earlier = shared.filter(({ path }) => ancestor.unappliedRemote.has(path));
  for (const { path } of earlier) bases.delete(path);
  await inParallel(earlier.slice(0, maxLookups), parallelLookups, async (conflict) => {
    const base = await lastRevisionWithBase(context, conflict);
    if (base !== undefined) bases.set(conflict.path, base);
  });
  return bases;
}

async function lastRevisionWithBase(
  { server: { client, tree }, reporter }: CommandContext,
  { path, ancestor }: Conflict,
): Promise<number | undefined> {
  try {
    const { versions } = await client.history(tree, path, undefined, reporter.signal);
    const index = versions.findIndex(({ entry }) => entry !== null && sameEntry(entryOf(entry), ancestor));
    const next = index === -1 ? undefined : versions[index - 1];
    return next && next.revision - 1;
  } catch (error) {
    if (!isPalmtreeError(error) || error.code === 'cancelled') throw error;
    return undefined;
  }
}
