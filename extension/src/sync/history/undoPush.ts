import type { PathDifference } from '../../../../server/src/contract/history';
import type { CommitResult } from '../../../../server/src/contract/schemas';
import { sortedPaths, type Change } from '../../core/change';
import { sameEntry, type FileTable } from '../../core/entry';
import { applicableChanges } from '../../core/reconcile/applicableChanges';
import { changeOf, pushChanges } from '../../core/wire';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import { countChanges, discard } from '../push/pushSession';
import type { RevisionRef } from '../replica/ancestorState';
import { throwIfCancelled, type CommandContext } from '../replica/commandContext';
import { commit } from '../transfer/commit';

/** Others may push while an undo is planned; after this many plans it gives up. */
const maxPlans = 4;

export interface UndoPushResult {
  /** The new revision. */
  readonly revision: number;
  readonly put: number;
  readonly deleted: number;
  /** Paths that changed since and were left alone, or that cannot be restored next to what the head has now. */
  readonly changedSince: readonly string[];
  /** Paths that were left alone because retention has removed their version before the push. */
  readonly beforeRemoved: readonly string[];
}

/** The effect of `undoPush` on the server. */
export interface PushUndoPlan {
  /** The name of the token that pushed. */
  readonly author: string;
  /** Paths that get their earlier version. */
  readonly reverted: readonly string[];
  /** Paths that the push had deleted. */
  readonly restored: readonly string[];
  /** Paths that the push had added. */
  readonly deleted: readonly string[];
  /** Paths that changed since, or that cannot be restored next to what the head has now: they are left alone. */
  readonly changedSince: readonly string[];
  /** Paths whose version before the push retention has removed: they are left alone. */
  readonly beforeRemoved: readonly string[];
}

/** Returns what `undoPush` would do now. Throws nothing_to_undo if no path can be reverted. */
export async function planUndoPush(
  { replica, server, reporter }: CommandContext,
  number: number,
): Promise<PushUndoPlan> {
  reporter.step({ kind: 'fetchingRevision', revision: number });
  const { revision, changes: differences } = await server.client.revision(server.tree, number, reporter.signal);
  await replica.ancestor.fetchRemoteChanges(server, reporter.signal);
  const plan = planRevert(differences, replica.ancestor.remote('known'));
  const { changes, changedSince, beforeRemoved } = plan;
  if (changes.length === 0) throw nothingToUndo(number, plan);
  return {
    author: revision.author,
    reverted: sortedPaths(changes, ({ from, to }) => from !== undefined && to !== undefined),
    restored: sortedPaths(changes, ({ from }) => from === undefined),
    deleted: sortedPaths(changes, ({ to }) => to === undefined),
    changedSince,
    beforeRemoved,
  };
}

function nothingToUndo(number: number, { changedSince, beforeRemoved }: PlannedRevert): PalmtreeError {
  return new PalmtreeError('nothing_to_undo', `no change of revision ${number} can be reverted in the head`, {
    details: { paths: changedSince, beforeRemoved },
  });
}

/**
 * Makes a revision that reverts the changes of revision `number`, where the head still has them. All content is in the
 * server's history, so nothing is uploaded. `paths` are those that may be reverted, by default all. Throws nothing_to_undo if
 * no path can be reverted.
 * Invariant: it changes neither this disk nor the ancestor. The next pull brings the reverted files.
 */
export async function undoPush(
  context: CommandContext,
  number: number,
  paths?: ReadonlySet<string>,
): Promise<UndoPushResult> {
  const { replica, server, reporter } = context;
  reporter.step({ kind: 'fetchingRevision', revision: number });
  const detail = await server.client.revision(server.tree, number, reporter.signal);
  const differences = detail.changes.filter(({ path }) => paths?.has(path) !== false);
  for (let plan = 0; plan < maxPlans; plan++) {
    const head = await replica.ancestor.fetchRemoteChanges(server, reporter.signal);
    const planned = planRevert(differences, replica.ancestor.remote('known'));
    const { changes, changedSince, beforeRemoved } = planned;
    if (changes.length === 0) throw nothingToUndo(number, planned);
    const committed = await send(context, { head, changes, message: `Undo revision ${number}` });
    if (committed === 'stale') continue;
    // The undo is done, even if the new counts cannot be fetched at once.
    await replica.ancestor.fetchRemoteChanges(server, reporter.signal).catch(() => undefined);
    return { revision: committed.revision, ...countChanges(changes), changedSince, beforeRemoved };
  }
  throw new PalmtreeError('keeps_changing', 'the server changed each time the undo was ready');
}

interface PlannedRevert extends Pick<PushUndoPlan, 'changedSince' | 'beforeRemoved'> {
  readonly changes: readonly Change[];
}

/**
 * Plans the changes of `head` that revert `differences`. A path is left alone if it changed since, or if retention has removed
 * its version before.
 */
export function planRevert(differences: readonly PathDifference[], head: FileTable): PlannedRevert {
  const known = differences.filter(({ beforeRemoved }) => beforeRemoved !== true);
  const unchanged = known.map(changeOf).filter(({ path, to }) => sameEntry(head.get(path), to));
  const reverting = unchanged.map(({ path, from }): Change => ({ path, from: head.get(path), to: from }));
  const changes = applicableChanges(head, reverting);
  const reverted = new Set(changes.map(({ path }) => path));
  return {
    changes,
    changedSince: known.map(({ path }) => path).filter((path) => !reverted.has(path)),
    beforeRemoved: differences.flatMap(({ path, beforeRemoved }) => (beforeRemoved === true ? [path] : [])),
  };
}

interface Revert {
  readonly head: RevisionRef;
  readonly changes: readonly Change[];
  readonly message: string;
}

/** Returns `stale` if the server has a newer revision than `head`. */
async function send(context: CommandContext, { head, changes, message }: Revert): Promise<CommitResult | 'stale'> {
  throwIfCancelled(context);
  const { server, reporter } = context;
  const body = { base: head.revision, baseId: head.id, changes: pushChanges(changes), message };
  reporter.step({ kind: 'awaitingServer' });
  try {
    const session = await server.client.beginPush(server.tree, body, reporter.signal);
    try {
      if (session.upload.length > 0) {
        throw new PalmtreeError('content_unavailable', 'the server no longer has the earlier content', {
          details: { paths: session.upload },
        });
      }
      return await commit(context, session.id);
    } catch (error) {
      await discard(context, session);
      throw error;
    }
  } catch (error) {
    if (isPalmtreeError(error, 'stale_base')) return 'stale';
    throw error;
  }
}
