import type { Change } from '../../core/change';
import { sameEntry } from '../../core/entry';
import { dropBlockedByServer } from '../../core/reconcile/dropBlockedByServer';
import { pushChanges } from '../../core/wire';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { CommandContext } from '../replica/commandContext';
import { fetchRemoteChanges } from '../replica/fetchRemoteChanges';
import type { PushResult } from './push';
import { commitChanges, countChanges, discard, upload } from './pushSession';

const maxPlans = 4;

/** The effect of a force push on the server's head. */
export interface Replacement {
  readonly head: number;
  /** Paths whose version on the server would be replaced by a different one. */
  readonly replaced: readonly string[];
  /** Paths that only the server has, which would be deleted there. */
  readonly deleted: readonly string[];
  /** Paths that only this disk has. */
  readonly added: readonly string[];
}

/**
 * Makes the server's head equal to this disk, even if others have pushed since. Replaced versions stay in the history.
 * All tracked files are hashed again and listed, so the server verifies each and requests the content that it lacks.
 * Throws cancelled if `confirm` returns false; keeps_changing.
 * Invariant: nothing is replaced that `confirm` was not asked about.
 */
export async function forcePush(
  context: CommandContext,
  confirm: (replacement: Replacement) => Promise<boolean>,
): Promise<PushResult> {
  const { replica, server, reporter } = context;
  for (let plan = 0; plan < maxPlans; plan++) {
    reporter.step({ kind: 'verifyingAll' });
    await replica.scan({ verify: true, signal: reporter.signal });
    const { changes, replacement } = await planReplacement(context);
    if (!(await confirm(replacement))) throw new PalmtreeError('cancelled', 'the force push was not confirmed');
    const body = {
      base: replacement.head,
      force: true,
      changes: pushChanges(changes),
      folders: replica.rules.pushableFolders,
    };
    const session = await server.client.beginPush(server.tree, body, reporter.signal);
    try {
      if (session.base !== replacement.head) continue;
      const uploadedBytes = await upload(context, { session, changes });
      const remoteChanges = replica.ancestor.remoteChanges?.changes;
      const { revision } = await commitChanges(context, { session, changes, remoteChanges });
      const changed = changes.filter(({ from, to }) => !sameEntry(from, to));
      return { revision, uploadedBytes, ...countChanges(changed) };
    } catch (error) {
      if (!isPalmtreeError(error, 'content_mismatch') && !isPalmtreeError(error, 'stale_base')) throw error;
    } finally {
      await discard(context, session);
    }
  }
  throw new PalmtreeError('keeps_changing', 'the server or the files changed each time the push was ready');
}

async function planReplacement(
  context: CommandContext,
): Promise<{ changes: readonly Change[]; replacement: Replacement }> {
  const { replica } = context;
  const { revision: head } = await fetchRemoteChanges(context);
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
  const planned = new Set(wanted.map(({ path }) => path));
  const staying = [...onServer.keys()].filter((path) => !planned.has(path));
  const { changes } = dropBlockedByServer(wanted, staying);
  const pathsOf = (matches: (change: Change) => boolean): string[] => changes.filter(matches).map(({ path }) => path);
  const replacement = {
    head,
    replaced: pathsOf(({ from, to }) => from !== undefined && to !== undefined && !sameEntry(from, to)),
    deleted: pathsOf(({ to }) => to === undefined),
    added: pathsOf(({ from }) => from === undefined),
  };
  return { changes, replacement };
}
