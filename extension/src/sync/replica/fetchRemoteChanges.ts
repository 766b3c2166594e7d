import { isPalmtreeError } from '../../errors';
import type { FetchedChanges } from './ancestorState';
import type { CommandContext } from './commandContext';
import { forgetCommit, settleCommit } from './pendingCommit';

/**
 * Fetches the server's changes since the synced revision. If the server does not have that revision, and the user has agreed
 * to compare all files anew, forgets the ancestor and fetches the server's whole table. Throws revision_not_found without
 * that agreement: the server was restored from an older copy, it shows another history than before, or retention has removed
 * what this machine pushed last without a response.
 */
export async function fetchRemoteChanges(
  context: CommandContext,
  { comparesAnew }: { readonly comparesAnew: boolean },
): Promise<FetchedChanges> {
  const { replica, server, reporter } = context;
  try {
    await settleCommit(context);
    return await replica.ancestor.fetchRemoteChanges(server, reporter.signal);
  } catch (error) {
    if (!comparesAnew || !isPalmtreeError(error, 'revision_not_found')) throw error;
    await forgetCommit(context);
    replica.ancestor.forget();
    return replica.ancestor.fetchRemoteChanges(server, reporter.signal);
  }
}
