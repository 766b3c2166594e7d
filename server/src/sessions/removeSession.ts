import type { SessionStore, UploadedContent } from './sessionStore';

export interface SessionContents {
  readonly sessions: SessionStore;
  readonly uploaded: UploadedContent;
}

/**
 * Removes a session that was not committed. The folder is removed last, so that after a kill a sweep
 * finds it and finishes the removal.
 * With `soon`, the session has ended when this resolves, and its folder is removed in the background.
 */
export async function removeSession(
  { sessions, uploaded }: SessionContents,
  id: string,
  when: 'now' | 'soon' = 'now',
): Promise<void> {
  await uploaded.discard(id);
  await (when === 'now' ? sessions.remove(id) : sessions.removeSoon(id));
}
