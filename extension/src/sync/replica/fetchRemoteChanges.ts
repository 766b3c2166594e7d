import { isPalmtreeError } from '../../errors';
import type { Remote, Reporter } from '../ports/serverBinding';
import type { News, Replica } from './replica';

/** Asks what the server has beyond our revision; all of it, where the server does not know that revision. */
export async function fetchIncoming(replica: Replica, remote: Remote, reporter: Reporter): Promise<News> {
  try {
    return await replica.fetchIncoming(remote, reporter.signal);
  } catch (error) {
    if (!isPalmtreeError(error, 'revision_not_found')) throw error;
    replica.forgetAgreed();
    return replica.fetchIncoming(remote, reporter.signal);
  }
}
