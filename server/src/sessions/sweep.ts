import type { Logger } from 'pino';
import { removeSession, type SessionContents } from './removeSession';
import type { SessionActivity } from './sessionActivity';

/** A client that lost its connection, slept or was restarted can go on with its session for this long. */
export const maxIdleMs = 30 * 60 * 1000;

/**
 * Removes sessions that nothing has used for `maxIdleMs`, with what they brought in. `includeIncomplete` also removes
 * folders that a kill left incomplete. That is safe only before the first request: later, such a folder may belong to a
 * session that is being created. Logs a session that cannot be removed, and goes on.
 */
export async function sweepSessions(
  services: SessionContents & { readonly activity: SessionActivity },
  { now, includeIncomplete, log }: { now: Date; includeIncomplete: boolean; log: Logger },
): Promise<void> {
  const { sessions, activity } = services;
  const listed = await sessions.list();
  activity.retain(new Set(listed.map(({ id }) => id)));
  for (const { id, createdAt } of listed) {
    const isDue =
      createdAt === undefined
        ? includeIncomplete
        : // A last use in the future shows that the clock was set back since.
          Math.abs(now.getTime() - activity.idleSince(id, createdAt).getTime()) > maxIdleMs;
    if (!isDue || activity.isBusy(id)) continue;
    try {
      await activity.exclusively(id, 'stop-runs', () => removeSession(services, id));
      log.info({ session: id }, 'removed an idle or incomplete session');
    } catch (error) {
      log.error({ session: id, err: error }, 'removing an idle or incomplete session failed');
    }
  }
}
