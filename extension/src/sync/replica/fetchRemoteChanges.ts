import { isPalmtreeError } from '../../errors';
import type { TreeClient } from '../ports/serverBinding';
import type { AncestorState, FetchedChanges } from './ancestorState';

/** Fetches the server's changes since the synced revision, or its whole table if it does not know that revision. */
export async function fetchRemoteChanges(
  ancestor: AncestorState,
  server: TreeClient,
  signal: AbortSignal,
): Promise<FetchedChanges> {
  try {
    return await ancestor.fetchRemoteChanges(server, signal);
  } catch (error) {
    if (!isPalmtreeError(error, 'revision_not_found')) throw error;
    ancestor.forget();
    return ancestor.fetchRemoteChanges(server, signal);
  }
}
