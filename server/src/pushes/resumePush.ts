import { existsSync } from 'node:fs';
import { WireError } from '../errors';
import type { Upload } from '../sessions/session';
import { removeSession } from '../sessions/removeSession';
import type { SessionActivity } from '../sessions/sessionActivity';
import type { Owner, SessionStore } from '../sessions/sessionStore';
import { EarlierInbox } from './inbox/earlierInbox';
import type { InboxVerifiers } from './inbox/inboxVerifiers';
import type { PackInboxes } from './inbox/packInboxes';
import { planOfRecord } from './uploadPlan';
import type { UploadedObjects } from './uploadedObjects';

interface ResumeServices {
  readonly sessions: SessionStore;
  readonly activity: SessionActivity;
  readonly inboxVerifiers: InboxVerifiers;
  readonly packInboxes: PackInboxes;
  readonly uploaded: UploadedObjects;
}

export interface ResumeRequest {
  /** The id of the earlier push. */
  readonly id: string;
  readonly owner: Owner;
  /** The uploads of the new push. */
  readonly uploads: readonly Upload[];
}

/**
 * Begins a push with `create`, which takes the received files from the inbox of an earlier push; then ends the earlier one.
 * If that has ended, is being committed or has another owner, `create` gets no inbox. A kill meanwhile costs at most the
 * received files.
 */
export async function resumePush<T>(
  services: ResumeServices,
  { id, owner, uploads }: ResumeRequest,
  create: (earlier?: EarlierInbox) => Promise<T>,
): Promise<T> {
  const { sessions, activity, inboxVerifiers, packInboxes } = services;
  const earlier = await ifExists(sessions.find(id, owner, 'push'));
  if (earlier === undefined || activity.isExclusive(id)) return create();
  return activity.exclusively(id, 'stop-runs', async () => {
    await inboxVerifiers.discard(id);
    const record = await ifExists(sessions.pushRecord(id));
    const inbox = sessions.filesFolderOf(id);
    if (record === undefined || !existsSync(inbox)) return create();
    const brought = new Set(await packInboxes.finish(id, record));
    for (const { hash } of planOfRecord(record).brought) brought.add(hash);
    const created = await create(new EarlierInbox(inbox, { uploads: record.uploads, brought }, uploads));
    await removeSession(services, id);
    return created;
  });
}

async function ifExists<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof WireError && error.code === 'session_not_found') return undefined;
    throw error;
  }
}
