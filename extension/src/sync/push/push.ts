import type { PushSession } from '../../../../server/src/contract/schemas';
import type { Change } from '../../core/change';
import type { ChangedNames } from '../../core/changedNames';
import { restrictTo } from '../../core/reconcile/restrictTo';
import { pushChanges } from '../../core/wire';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { Skipped } from '../../io/apply/applyState';
import { absorbConverged } from '../replica/absorbConverged';
import { throwIfCancelled, type CommandContext } from '../replica/commandContext';
import { applyDeletionGuard } from '../replica/deletionGuard';
import { settleCommit } from '../replica/pendingCommit';
import type { Replica } from '../replica/replica';
import type { TransferOptions } from '../transfer/transferOptions';
import { leaveOutMarked } from './leaveOutMarked';
import { OpenPush } from './openPush';
import { commitChanges, leaveOutRefused, maxPlans, maxTries, summarize, upload } from './pushSession';

export interface PushOptions extends TransferOptions {
  /** A line for the server's history. */
  readonly message?: string | undefined;
}

export interface PushResult {
  readonly revision: number;
  readonly put: number;
  readonly deleted: number;
  /** Renamed files, which `put` and `deleted` count too. */
  readonly renamed: number;
  readonly names: ChangedNames;
  /** Bytes that were sent to the server, after compression and delta transfer. */
  readonly uploadedBytes: number;
  /** Paths that changed each time they were sent, or have conflict markers; the next push tries again. */
  readonly skipped: readonly Skipped[];
}

/**
 * Sends the changes of this disk since the ancestor. Files that are being written are left out after the second plan.
 * Throws stale_base, with nothing committed, if the server has a newer revision; keeps_changing; deletion_guard.
 */
export async function push(context: CommandContext, options: PushOptions = {}): Promise<PushResult> {
  const { local } = context.replica;
  await settleCommit(context);
  const hadMarked = [...local.unpushable.values()].includes('conflict-markers');
  local.forgetUnpushable();
  const open = new OpenPush(context, { isPartial: options.only !== undefined });
  let uploadedBytes = 0;
  try {
    for (let plan = 1; plan <= maxPlans; plan++) {
      const changes = await planPush(context, options, hadMarked);
      const sent = changes.length === 0 ? 'nothing' : await send(context, { open, changes, message: options.message });
      if (sent === 'nothing') await endWithoutChanges(context, open);
      else uploadedBytes += sent.uploadedBytes;
      if (sent === 'nothing' || sent.revision !== undefined) {
        const skipped = leftOut(context.replica);
        return { revision: context.replica.ancestor.revision, ...summarize(changes), uploadedBytes, skipped };
      }
      if (sent.changed.length === 0) continue;
      if (plan >= maxTries) local.markUnpushable(sent.changed, 'busy');
      // These files were written during the upload: hash them again, whatever their stats say.
      await context.replica.scan({ only: sent.changed, verify: true, signal: context.reporter.signal });
    }
    throw new PalmtreeError('keeps_changing', 'the server or the files changed each time the push was ready');
  } catch (error) {
    await open.leave(error);
    throw error;
  }
}

/** Ends the session of a push that stopped earlier, since nothing is left to push. */
async function endWithoutChanges({ replica }: CommandContext, open: OpenPush): Promise<void> {
  await open.end();
  await replica.save();
}

function leftOut({ local }: Replica): Skipped[] {
  return [...local.unpushable].flatMap(([path, reason]): Skipped[] => {
    if (reason === 'busy') return [{ path, reason }];
    return reason === 'conflict-markers' ? [{ path, reason: 'markers' }] : [];
  });
}

interface Sent {
  readonly uploadedBytes: number;
  /** Undefined if the changes have to be planned again. */
  readonly revision?: number;
  /** Files that were written during the upload. */
  readonly changed: readonly string[];
}

interface Sending {
  readonly open: OpenPush;
  readonly changes: readonly Change[];
  readonly message: string | undefined;
}

/** Uploads and commits one plan. */
async function send(context: CommandContext, { open, changes, message }: Sending): Promise<Sent> {
  throwIfCancelled(context);
  let uploadedBytes = 0;
  try {
    const session = await begin(context, { open, changes, message });
    if (session === 'again') return { uploadedBytes, changed: [] };
    uploadedBytes = await upload(context, { session, changes });
    const { revision } = await commitChanges(context, { session, changes });
    await open.committed();
    return { uploadedBytes, revision, changed: [] };
  } catch (error) {
    // Another push was faster. It may have been an earlier attempt of this one, whose response was lost.
    if (isPalmtreeError(error, 'stale_base') && (await catchUp(context))) return { uploadedBytes, changed: [] };
    // The server removes a session that was idle for too long, as after a sleep.
    if (isPalmtreeError(error, 'session_not_found')) return { uploadedBytes, changed: [] };
    if (!isPalmtreeError(error, 'content_mismatch')) throw error;
    return { uploadedBytes, changed: error.details.paths ?? [] };
  }
}

/** `hadMarked`: the last push left out files with conflict markers, whose conflict may be gone. */
async function planPush(
  { replica, reporter }: CommandContext,
  { only, confirmed }: PushOptions,
  hadMarked: boolean,
): Promise<readonly Change[]> {
  reporter.step({ kind: 'scanning' });
  await replica.scan({ signal: reporter.signal });
  const { plan } = await replica.planner.reconcile('lastSynced');
  await replica.ancestor.markAllSynced(plan.ancestorChanges);
  const selected = restrictTo(plan.uploads, only);
  const mayHaveMarkers = hadMarked || plan.conflicts.length > 0;
  const changes = mayHaveMarkers ? await leaveOutMarked(replica, selected) : selected;
  await applyDeletionGuard(replica, { direction: 'push', changes, confirmed });
  return changes;
}

async function begin({ replica }: CommandContext, { open, changes, message }: Sending): Promise<PushSession | 'again'> {
  const { revision, revisionId } = replica.ancestor;
  const body = {
    base: revision,
    ...(revisionId === undefined ? {} : { baseId: revisionId }),
    changes: pushChanges(changes),
    folders: replica.rules.pushableFolders,
    untrackedFolders: replica.rules.untrackedFolders,
    ...(message === undefined || message === '' ? {} : { message }),
  };
  try {
    return await open.begin(body);
  } catch (error) {
    if (leaveOutRefused(replica, changes, error)) return 'again';
    throw error;
  }
}

/**
 * Moves the ancestor to the server's head if this disk already has all remote changes, as after a push whose response was
 * lost. False if some of them have to be pulled.
 */
async function catchUp(context: CommandContext): Promise<boolean> {
  const { replica, server, reporter } = context;
  await settleCommit(context);
  await replica.ancestor.fetchRemoteChanges(server, reporter.signal);
  const isCaughtUp = await absorbConverged(replica);
  await replica.save();
  return isCaughtUp;
}
