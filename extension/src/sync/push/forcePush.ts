import type { Change } from '../../core/change';
import { sameEntry } from '../../core/entry';
import { dropBlockedByServer } from '../../core/reconcile/serverPathConflicts';
import { pushChanges } from '../../core/wire';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import { commit } from '../transfer/commit';
import { countChanges, discard, upload, type PushResult } from './push';
import type { ServerBinding, Reporter } from '../ports/serverBinding';
import { fetchRemoteChanges } from '../replica/fetchRemoteChanges';
import type { Replica } from '../replica/replica';

const maxPlans = 4;

/** What a force push would do to the server's head. */
export interface Replacement {
  readonly head: number;
  /** Paths whose version on the server differs from the one here, and would be replaced. */
  readonly replaced: readonly string[];
  /** Paths that stand on the server, not here, and would be deleted there. */
  readonly deleted: readonly string[];
  /** Paths that stand here, not on the server. */
  readonly added: readonly string[];
}

/**
 * Makes the server's head hold what stands here, whoever pushed since; what it replaces stays in history.
 * All that is tracked is hashed anew and listed, so that the server verifies it and asks for what it lacks.
 * Invariant: nothing is replaced that `confirm` was not told of.
 */
export async function forcePush(
  replica: Replica,
  remote: ServerBinding,
  reporter: Reporter,
  confirm: (replacement: Replacement) => Promise<boolean>,
): Promise<PushResult> {
  for (let plan = 0; plan < maxPlans; plan++) {
    reporter.step({ kind: 'verifyingAll' });
    await replica.scan({ verify: true, signal: reporter.signal });
    const { changes, replacement } = await planReplacement(replica, remote, reporter);
    if (!(await confirm(replacement))) throw new PalmtreeError('cancelled', 'the force push was not confirmed');
    const body = {
      base: replacement.head,
      force: true,
      changes: pushChanges(changes),
      folders: replica.rules.trackedFolders,
    };
    const session = await remote.client.beginPush(remote.tree, body, reporter.signal);
    try {
      if (session.base !== replacement.head) continue;
      const uploadedBytes = await upload(replica, remote, session, changes, reporter);
      replica.ancestor.setPendingCommit(changes);
      const committed = await commit(remote, session.id, reporter);
      await replica.ancestor.markAllSynced(changes);
      const agreed = new Set(changes.map(({ path }) => path));
      await replica.ancestor.moveTo(committed, replica.ancestor.remoteChanges?.changes ?? new Map(), agreed);
      await replica.save();
      const differing = changes.filter(({ from, to }) => !sameEntry(from, to));
      return { revision: committed.revision, uploadedBytes, ...countChanges(differing) };
    } catch (error) {
      if (!isPalmtreeError(error, 'content_mismatch') && !isPalmtreeError(error, 'stale_base')) throw error;
    } finally {
      await discard(remote, session);
    }
  }
  throw new PalmtreeError('keeps_changing', 'the server or the files changed each time the push was ready');
}

async function planReplacement(
  replica: Replica,
  remote: ServerBinding,
  reporter: Reporter,
): Promise<{ changes: readonly Change[]; replacement: Replacement }> {
  const news = await fetchRemoteChanges(replica.ancestor, remote, reporter.signal);
  const onServer = replica.ancestor.remote('known');
  const { observations } = replica.local;
  const selection = replica.rules.selection();
  const isSyncable = replica.planner.syncableTest();
  const { unrepresentable } = await replica.planner.reconcile('known');
  const wanted: Change[] = [];
  for (const [path, from] of onServer) {
    // A path without any rule here was never pulled: this machine has no right to delete it.
    const isOurs = selection.includes(path) && isSyncable(path);
    // Invariant: a path that this disk cannot store does not look deleted.
    if (isOurs && !unrepresentable.has(path) && !observations.has(path)) wanted.push({ path, from, to: undefined });
  }
  for (const [path, to] of observations) {
    if (isSyncable(path)) wanted.push({ path, from: onServer.get(path), to });
  }
  const isChanged = new Set(wanted.map(({ path }) => path));
  const staying = [...onServer.keys()].filter((path) => !isChanged.has(path));
  const { changes } = dropBlockedByServer(wanted, staying);
  const paths = (kept: (change: Change) => boolean): string[] => changes.filter(kept).map(({ path }) => path);
  const replacement = {
    head: news.revision,
    replaced: paths(({ from, to }) => from !== undefined && to !== undefined && !sameEntry(from, to)),
    deleted: paths(({ to }) => to === undefined),
    added: paths(({ from }) => from === undefined),
  };
  return { changes, replacement };
}
