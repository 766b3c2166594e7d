import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Change } from '../../core/change';
import type { Entry } from '../../core/entry';
import { restrictTo } from '../../core/reconcile/restrictTo';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { pushChanges } from '../../core/wire';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { PushSession } from '../../../../server/src/contract/schemas';
import { runYielding } from '../../io/threads/yielding';
import { applyDeletionGuard, type DeletionGuardOptions } from '../replica/deletionGuard';
import { runTransfer, throwIfCancelled } from '../transfer/runTransfer';
import { commit } from '../transfer/commit';
import type { ServerBinding, Reporter } from '../ports/serverBinding';
import { absorbConverged } from '../replica/absorbConverged';
import type { Replica } from '../replica/replica';

/** Files may change while they are sent; after this many plans they are named instead. */
const maxPlans = 4;

export interface PushOptions extends DeletionGuardOptions {
  /** Carries these paths alone; the rest, and what has appeared since they were listed, stays for the next time. */
  readonly only?: ReadonlySet<string>;
  /** A line for the server's history. */
  readonly message?: string;
}

export interface PushResult {
  readonly revision: number;
  readonly put: number;
  readonly deleted: number;
  /** Bytes that went to the server through the connection. */
  readonly uploadedBytes: number;
}

/** Sends what changed here since the ancestor. Invariant: nothing is sent when the server is at another revision. */
export async function push(
  replica: Replica,
  remote: ServerBinding,
  reporter: Reporter,
  options: PushOptions = {},
): Promise<PushResult> {
  let uploadedBytes = 0;
  for (let plan = 0; plan < maxPlans; plan++) {
    reporter.step({ kind: 'scanning' });
    await replica.scan({ signal: reporter.signal });
    const reconciled = (await replica.planner.reconcile('lastSynced')).plan;
    await replica.ancestor.markAllSynced(reconciled.ancestorChanges);
    const remoteChanges = restrictTo(reconciled.remoteChanges, options.only);
    if (remoteChanges.length === 0) {
      await replica.save();
      return { revision: replica.ancestor.revision, put: 0, deleted: 0, uploadedBytes };
    }
    applyDeletionGuard(replica, { direction: 'push', changes: remoteChanges, confirmed: options.confirmed });
    throwIfCancelled(reporter);
    const session = await begin(replica, remote, remoteChanges, reporter, options.message);
    if (session === 'caught-up') continue;
    try {
      uploadedBytes += await upload(replica, remote, session, remoteChanges, reporter);
      replica.ancestor.setPendingCommit(remoteChanges);
      const committed = await commit(remote, session.id, reporter);
      await replica.ancestor.markAllSynced(remoteChanges);
      await replica.ancestor.moveTo(committed);
      await replica.save();
      return { revision: committed.revision, uploadedBytes, ...countChanges(remoteChanges) };
    } catch (error) {
      await discard(remote, session);
      // Another push has come before it, which may have been an earlier try of this one.
      if (isPalmtreeError(error, 'stale_base') && (await catchUp(replica, remote, reporter))) continue;
      if (!isPalmtreeError(error, 'content_mismatch')) throw error;
      if (plan === maxPlans - 1) {
        throw new PalmtreeError('keeps_changing', error.message, { details: error.details, cause: error });
      }
      // What did not arrive as declared was written meanwhile: look again, trusting no stored hash there.
      await replica.scan({ only: error.details.paths ?? [], verify: true, signal: reporter.signal });
    }
  }
  throw new PalmtreeError('keeps_changing', 'the server or the files changed each time the push was ready');
}

export function countChanges(changes: readonly Change[]): { put: number; deleted: number } {
  const deleted = changes.filter(({ to }) => to === undefined).length;
  return { put: changes.length - deleted, deleted };
}

export async function upload(
  replica: Replica,
  remote: ServerBinding,
  session: PushSession,
  changes: readonly Change[],
  reporter: Reporter,
): Promise<number> {
  if (session.upload.length === 0) return 0;
  // The answer that named them was parsed in one go.
  await nextTurn();
  const entries = await runYielding(entriesAt(session.upload, changes));
  reporter.step({ kind: 'sending', count: entries.length });
  const result = await runTransfer(remote, { direction: 'push', session, root: replica.root, entries }, reporter);
  return result.sentBytes;
}

function* entriesAt(paths: readonly string[], changes: readonly Change[]): CooperativeTask<Entry[]> {
  const wanted = new Set<string>();
  for (const [number, path] of paths.entries()) {
    if (number % stepSize === 0) yield;
    wanted.add(path);
  }
  const entries: Entry[] = [];
  for (const [number, { path, to }] of changes.entries()) {
    if (number % stepSize === 0) yield;
    if (to !== undefined && wanted.has(path)) entries.push(to);
  }
  return entries;
}

/** A session that is left behind expires by itself; an error here must not hide the one that led here. */
export async function discard(remote: ServerBinding, session: PushSession): Promise<void> {
  await remote.client.endPush(remote.tree, session.id).catch(() => undefined);
}

async function begin(
  replica: Replica,
  remote: ServerBinding,
  changes: readonly Change[],
  reporter: Reporter,
  message: string | undefined,
): Promise<PushSession | 'caught-up'> {
  const body = {
    base: replica.ancestor.revision,
    ...(replica.ancestor.revisionId === undefined ? {} : { baseId: replica.ancestor.revisionId }),
    changes: pushChanges(changes),
    folders: replica.rules.trackedFolders,
    ...(message === undefined || message === '' ? {} : { message }),
  };
  try {
    return await remote.client.beginPush(remote.tree, body, reporter.signal);
  } catch (error) {
    if (!isPalmtreeError(error, 'stale_base')) throw error;
    if (await catchUp(replica, remote, reporter)) return 'caught-up';
    throw error;
  }
}

/**
 * After a push whose answer was lost, the server holds what we hold. True when all that is new there stands
 * here already, so that the ancestor could follow; else what is new waits to be pulled.
 */
async function catchUp(replica: Replica, remote: ServerBinding, reporter: Reporter): Promise<boolean> {
  await replica.ancestor.fetchRemoteChanges(remote, reporter.signal);
  const isCaughtUp = await absorbConverged(replica);
  await replica.save();
  return isCaughtUp;
}
