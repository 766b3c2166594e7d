import { WireError } from '../errors';
import { removeSession, type SessionContents } from './removeSession';
import type { SessionKind } from './session';
import type { SessionServices } from './sessionRoutes';

/** Ends a session and its rsync. Does nothing for a session that has ended or belongs to another token. */
export async function endSession(
  services: Pick<SessionServices, 'trees' | 'activity'> & SessionContents,
  { treeName, tokenId, id, kind }: { treeName: string; tokenId: number; id: string; kind: SessionKind },
): Promise<void> {
  const { trees, sessions, activity } = services;
  const tree = await trees.find(treeName);
  try {
    await sessions.find(id, { treeId: tree.id, tokenId }, kind);
  } catch (error) {
    if (error instanceof WireError && error.code === 'session_not_found') return;
    throw error;
  }
  await activity.exclusively(id, 'stop-runs', () => removeSession(services, id));
}
