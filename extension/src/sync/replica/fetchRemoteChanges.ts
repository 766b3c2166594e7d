import { isPalmtreeError } from '../../errors';
import type { FetchedChanges } from './ancestorState';
import type { CommandContext } from './commandContext';
import { settleCommit } from './pendingCommit';

/**
 * Fetches the server's changes since the synced revision. If the server does not know that revision, forgets the ancestor
 * and fetches the server's whole table.
 */
export async function fetchRemoteChanges(context: CommandContext): Promise<FetchedChanges> {
  const { replica, server, reporter } = context;
  await settleCommit(context);
  try {
    return await replica.ancestor.fetchRemoteChanges(server, reporter.signal);
  } catch (error) {
    if (!isPalmtreeError(error, 'revision_not_found')) throw error;
    replica.ancestor.forget();
    return replica.ancestor.fetchRemoteChanges(server, reporter.signal);
  }
}
