import type { Logger } from 'pino';
import type { SessionActivity } from './sessionActivity';
import type { SessionStore } from './sessionStore';

export const sessionLifetimeMs = 24 * 60 * 60 * 1000;

/**
 * Removes expired sessions. `includeIncomplete` also removes folders that a kill left incomplete. That is safe only
 * before the first request: later, such a folder may belong to a session that is being created. Logs a session that cannot
 * be removed, and goes on.
 */
export async function sweepSessions(
  sessions: SessionStore,
  activity: SessionActivity,
  { now, includeIncomplete, log }: { now: Date; includeIncomplete: boolean; log: Logger },
): Promise<void> {
  for (const { id, createdAt } of await sessions.list()) {
    const isDue = createdAt === undefined ? includeIncomplete : now.getTime() - createdAt.getTime() > sessionLifetimeMs;
    if (!isDue || activity.isBusy(id)) continue;
    try {
      await activity.exclusively(id, 'stop-runs', () => sessions.remove(id));
      log.info({ session: id }, 'removed an expired or incomplete session');
    } catch (error) {
      log.error({ session: id, err: error }, 'removing an expired or incomplete session failed');
    }
  }
}
