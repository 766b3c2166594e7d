import type { SessionStore, UploadedContent } from './sessionStore';

export interface SessionContents {
  readonly sessions: SessionStore;
  readonly uploaded: UploadedContent;
}

/** Removes a session that was not committed. The folder is the last to go: after a kill, a sweep finds it and ends this. */
export async function removeSession({ sessions, uploaded }: SessionContents, id: string): Promise<void> {
  await uploaded.discard(id);
  await sessions.remove(id);
}
