import { setTimeout as delay } from 'node:timers/promises';
import type { CommitResult } from '../../../../server/src/contract/schemas';
import { isPalmtreeError } from '../../errors';
import { throwIfCancelled } from './runTransfer';
import type { ServerBinding, Reporter } from '../ports/serverBinding';

const busyPauseMs = 500;
/** Ten minutes, in which a server hashes hundreds of gigabytes. */
const maxBusyPauses = 1_200;

/**
 * Commits a push and answers the revision that it made. Once asked for, a commit is not cancelled: whether it took place
 * would be unknown. A connection that breaks meanwhile is asked again, which the server answers the same.
 */
export async function commit(remote: ServerBinding, id: string, reporter: Reporter): Promise<CommitResult> {
  throwIfCancelled(reporter);
  reporter.step({ kind: 'committing' });
  for (let pauses = 0; ; pauses++) {
    try {
      return await remote.client.commitPush(remote.tree, id);
    } catch (error) {
      if (!isPalmtreeError(error, 'session_busy') || pauses === maxBusyPauses) throw error;
      await delay(busyPauseMs);
    }
  }
}
