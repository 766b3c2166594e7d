import type { Logger } from 'pino';
import { removeSession, type SessionContents } from './removeSession';
import type { SessionActivity } from './sessionActivity';

type RemovingServices = SessionContents & { readonly activity: SessionActivity };

/** Removes the sessions of revoked tokens. A session that is being committed is left for the next check. */
export async function removeRevokedSessions(
  services: RemovingServices,
  revoked: ReadonlySet<number>,
  log: Logger,
): Promise<void> {
  await removeSessions(services, services.sessions.ownedBy(revoked), log);
}

/** Removes the sessions of a tree that was deleted. One that is being committed is left to `sweepSessions`. */
export async function removeSessionsOfTree(services: RemovingServices, treeId: number, log: Logger): Promise<void> {
  await removeSessions(services, services.sessions.ofTree(treeId), log);
}

/**
 * Removes sessions whose token or tree has become invalid, with what they brought in, except those that are being
 * committed: the commit fails, since it checks token and tree. Logs a session that cannot be removed, and leaves it to
 * `sweepSessions`.
 */
async function removeSessions(services: RemovingServices, ids: readonly string[], log: Logger): Promise<void> {
  const { sessions, activity } = services;
  const removals = ids.map(async (id) => {
    if (activity.isExclusive(id)) return;
    try {
      await activity.exclusively(id, 'stop-runs', () => removeSession(services, id, 'soon'));
      log.info({ session: id }, 'removed a session of a revoked token or a deleted tree');
    } catch (error) {
      sessions.disown(id);
      log.error({ session: id, err: error }, 'removing a session of a revoked token or a deleted tree failed');
    }
  });
  await Promise.all(removals);
}
