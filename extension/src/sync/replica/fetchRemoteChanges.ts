import { isPalmtreeError } from '../../errors';
import type { ServerBinding, Reporter } from '../ports/serverBinding';
import type { FetchedChanges, Replica } from './replica';

/** Asks what the server has beyond our revision; all of it, where the server does not know that revision. */
export async function fetchRemoteChanges(
  replica: Replica,
  remote: ServerBinding,
  reporter: Reporter,
): Promise<FetchedChanges> {
  try {
    return await replica.fetchRemoteChanges(remote, reporter.signal);
  } catch (error) {
    if (!isPalmtreeError(error, 'revision_not_found')) throw error;
    replica.forgetAncestor();
    return replica.fetchRemoteChanges(remote, reporter.signal);
  }
}
