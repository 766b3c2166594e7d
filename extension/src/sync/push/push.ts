import type { PushSession } from '../../../../server/src/contract/schemas';
import type { Change } from '../../core/change';
import { restrictTo } from '../../core/reconcile/restrictTo';
import { pushChanges } from '../../core/wire';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import { absorbConverged } from '../replica/absorbConverged';
import { throwIfCancelled, type CommandContext } from '../replica/commandContext';
import { applyDeletionGuard } from '../replica/deletionGuard';
import type { Replica } from '../replica/replica';
import type { TransferOptions } from '../transfer/transferOptions';
import { commitChanges, countChanges, discard, upload } from './pushSession';

/** Files may change while they are uploaded; after this many plans the push gives up and names them. */
const maxPlans = 4;

export interface PushOptions extends TransferOptions {
  /** A line for the server's history. */
  readonly message?: string | undefined;
}

export interface PushResult {
  readonly revision: number;
  readonly put: number;
  readonly deleted: number;
  /** Bytes that were sent to the server, after compression and delta transfer. */
  readonly uploadedBytes: number;
}

/**
 * Sends the changes of this disk since the ancestor. Throws stale_base, with nothing committed, if the server has a newer
 * revision; keeps_changing; deletion_guard.
 */
export async function push(context: CommandContext, options: PushOptions = {}): Promise<PushResult> {
  const { replica, reporter } = context;
  let uploadedBytes = 0;
  replica.local.forgetRefusals();
  for (let plan = 0; plan < maxPlans; plan++) {
    const changes = await planPush(context, options);
    if (changes.length === 0) {
      await replica.save();
      return { revision: replica.ancestor.revision, put: 0, deleted: 0, uploadedBytes };
    }
    throwIfCancelled(context);
    const session = await begin(context, { changes, message: options.message });
    if (session === 'again') continue;
    try {
      uploadedBytes += await upload(context, { session, changes });
      const { revision } = await commitChanges(context, { session, changes });
      return { revision, uploadedBytes, ...countChanges(changes) };
    } catch (error) {
      await discard(context, session);
      // Another push was faster. It may have been an earlier attempt of this one, whose response was lost.
      if (isPalmtreeError(error, 'stale_base') && (await catchUp(context))) continue;
      if (!isPalmtreeError(error, 'content_mismatch')) throw error;
      if (plan === maxPlans - 1) {
        throw new PalmtreeError('keeps_changing', error.message, { details: error.details, cause: error });
      }
      // These files were written during the upload: hash them again, whatever their stats say.
      await replica.scan({ only: error.details.paths ?? [], verify: true, signal: reporter.signal });
    }
  }
  throw new PalmtreeError('keeps_changing', 'the server or the files changed each time the push was ready');
}

async function planPush(
  { replica, reporter }: CommandContext,
  { only, confirmed }: PushOptions,
): Promise<readonly Change[]> {
  reporter.step({ kind: 'scanning' });
  await replica.scan({ signal: reporter.signal });
  const { plan } = await replica.planner.reconcile('lastSynced');
  await replica.ancestor.markAllSynced(plan.ancestorChanges);
  const changes = restrictTo(plan.uploads, only);
  applyDeletionGuard(replica, { direction: 'push', changes, confirmed });
  return changes;
}

async function begin(
  context: CommandContext,
  { changes, message }: { readonly changes: readonly Change[]; readonly message: string | undefined },
): Promise<PushSession | 'again'> {
  const { replica, server, reporter } = context;
  const { revision, revisionId } = replica.ancestor;
  const body = {
    base: revision,
    ...(revisionId === undefined ? {} : { baseId: revisionId }),
    changes: pushChanges(changes),
    folders: replica.rules.pushableFolders,
    ...(message === undefined || message === '' ? {} : { message }),
  };
  try {
    return await server.client.beginPush(server.tree, body, reporter.signal);
  } catch (error) {
    if (isPalmtreeError(error, 'invalid_path') && refuse(replica, changes, error.details.paths ?? [])) return 'again';
    if (!isPalmtreeError(error, 'stale_base')) throw error;
    if (await catchUp(context)) return 'again';
    throw error;
  }
}

/** Leaves refused paths out of the next plan. Returns false if they are not part of this one. */
function refuse({ local }: Replica, changes: readonly Change[], paths: readonly string[]): boolean {
  const puts = new Set(changes.flatMap(({ path, to }) => (to === undefined ? [] : [path])));
  const refused = paths.filter((path) => puts.has(path));
  local.refuse(refused);
  return refused.length > 0;
}

/**
 * Moves the ancestor to the server's head if this disk already has all remote changes, as after a push whose response was
 * lost. False if some of them have to be pulled.
 */
async function catchUp({ replica, server, reporter }: CommandContext): Promise<boolean> {
  await replica.ancestor.fetchRemoteChanges(server, reporter.signal);
  const isCaughtUp = await absorbConverged(replica);
  await replica.save();
  return isCaughtUp;
}
