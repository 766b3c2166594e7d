import { setTimeout as delay } from 'node:timers/promises';
import type { CommitResult } from '../../../../server/src/contract/schemas';
import { isPalmtreeError } from '../../errors';
import { throwIfCancelled, type CommandContext } from '../replica/commandContext';

const busyPauseMs = 500;
/** Ten minutes of pauses, in which a server hashes hundreds of gigabytes. */
const maxBusyPauses = 1_200;

/**
 * Commits a push and returns the revision that it made. Throws cancelled before it begins. A request that is on its way
 * cannot be cancelled, because its outcome would be unknown. After a lost connection it is repeated: the server returns the
 * same result. While the server is busy with an earlier attempt, the wait can be cancelled. The next command asks the server
 * whether that attempt succeeded.
 */
export async function commit({ server, reporter }: CommandContext, sessionId: string): Promise<CommitResult> {
  throwIfCancelled({ reporter });
  reporter.step({ kind: 'committing' });
  for (let pauses = 0; ; pauses++) {
    try {
      return await server.client.commitPush(server.tree, sessionId);
    } catch (error) {
      if (!isPalmtreeError(error, 'session_busy') || pauses === maxBusyPauses) throw error;
    }
    if (pauses === 0) reporter.step({ kind: 'awaitingCommit' });
    await delay(busyPauseMs, undefined, { signal: reporter.signal }).catch(() => undefined);
    throwIfCancelled({ reporter });
  }
}
