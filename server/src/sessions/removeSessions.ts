import type { Logger } from 'pino';
import { removeSession, type SessionContents } from './removeSession';
import type { SessionActivity } from './sessionActivity';

/**
 * Removes the sessions of revoked tokens, with what they brought in. A session that is being committed is left for the
 * next check: the commit fails, since it checks the token. Logs a session that cannot be removed, and leaves it to
 * `sweepSessions`.
 */
export async function removeRevokedSessions(
  services: SessionContents & { readonly activity: SessionActivity },
  revoked: ReadonlySet<number>,
  log: Logger,
): Promise<void> {
  const { sessions, activity } = services;
  const ids = sessions.ownedBy(revoked).filter((id) => !activity.isExclusive(id));
  const removals = ids.map(async (id) => {
    try {
      await activity.exclusively(id, 'stop-runs', () => removeSession(services, id, 'soon'));
      log.info({ session: id }, 'removed a session of a revoked token');
    } catch (error) {
      sessions.disown(id);
      log.error({ session: id, err: error }, 'removing a session of a revoked token failed');
    }
  });
  await Promise.all(removals);
}
