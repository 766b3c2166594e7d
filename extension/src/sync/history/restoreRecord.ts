import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Change } from '../../core/change';
import type { Entry } from '../../core/entry';
import { observe } from '../../io/scan/inspection/observe';
import type { PulledChange } from '../pull/pullRecord';
import type { Replica } from '../replica/replica';

/** The fields that say where and when a restore was made, for the record by which it can be undone. */
export function restoreOrigin({ binding, ancestor }: Replica) {
  const { server, tree } = binding ?? { server: '', tree: '' };
  return { kind: 'other' as const, server, tree, revision: ancestor.revision };
}

/** Adds the ancestor if the server has an unapplied version: an undo restores it too. */
export function withBase({ ancestor }: Replica, change: Change): PulledChange {
  if (!ancestor.unappliedRemote.has(change.path)) return change;
  return { ...change, base: ancestor.entries.get(change.path) ?? null };
}

/**
 * Observes paths that no scan visits, since they are not tracked. The caller removes the observations again.
 * Invariant: an untracked file is backed up like any other, so it must be observed before it is replaced.
 */
export async function observeUntracked(
  replica: Replica,
  paths: readonly string[],
): Promise<Map<string, Entry | undefined>> {
  const observed = new Map<string, Entry | undefined>();
  for (const path of paths) {
    const observation = observe(replica.root, path);
    observed.set(path, observation);
    if (observation === undefined) continue;
    replica.local.addUnscanned(observation);
    await nextTurn();
  }
  return observed;
}
