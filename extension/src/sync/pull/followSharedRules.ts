import { isPalmtreeError } from '../../errors';
import type { Rules } from '../../core/tracking/rule';
import type { SharedlyExcluded } from '../../core/tracking/sharedRules';
import type { CommandContext } from '../replica/commandContext';

/**
 * Lets shared rules that a pull has brought take effect, and returns the files that they end the sync of. `before` has the
 * rules as they were before the pull.
 */
export async function followSharedRules(context: CommandContext, before: Rules): Promise<SharedlyExcluded[]> {
  const { local } = context.replica;
  if (!local.mustScanAll) return [];
  try {
    return await rescan(context, before);
  } catch (error) {
    // The files are pulled all the same, and the next scan lets the rules take effect.
    if (isPalmtreeError(error, 'cancelled')) return [];
    throw error;
  }
}

async function rescan({ replica, reporter }: CommandContext, before: Rules): Promise<SharedlyExcluded[]> {
  const { signal } = reporter;
  reporter.step({ kind: 'scanning' });
  const { changes } = await replica.scan({ signal });
  const more = replica.rules.removeExcludedSince(before) ? (await replica.scan({ signal })).changes : [];
  await replica.save();
  const removed = [...changes, ...more].flatMap(({ path, to }) => (to === undefined ? [path] : []));
  return [...replica.rules.selection().sharedlyExcluded(removed)];
}
