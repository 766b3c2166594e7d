import { join } from 'node:path';
import { pathsError } from '../errors';
import { inSlices } from '../concurrency/inSlices';
import type { CommitResult } from '../contract/schemas';
import type { RevisionNotices } from '../events/revisionNotices';
import type { ObjectStore } from '../objects/objectStore';
import type { PendingPush, Upload } from '../sessions/session';
import type { SessionActivity } from '../sessions/sessionActivity';
import type { SessionStore } from '../sessions/sessionStore';
import type { Token } from '../http/appEnv';
import type { TreeRepository } from '../trees/treeRepository';
import type { PendingUploads } from './pendingUploads';
import type { PushRepository } from './pushRepository';
import { verifyInbox } from './verifyInbox';

/** So many files are removed before the answer; to remove more takes longer than a client should wait. */
const fewUploads = 100;

export interface CommitPushServices {
  readonly trees: TreeRepository;
  readonly pushes: PushRepository;
  readonly objects: ObjectStore;
  readonly store: SessionStore;
  readonly pendingUploads: PendingUploads;
  readonly activity: SessionActivity;
  readonly notices: RevisionNotices;
}

/**
 * Invariant: objects are durable before the transaction that refers to them, and the session stays until that
 * transaction is. A kill at any point leaves a session to commit again, or one whose answer is known.
 */
export async function commitPush(
  services: CommitPushServices,
  { treeName, token, id }: { treeName: string; token: Token; id: string },
): Promise<CommitResult> {
  const { trees, pushes, store, activity, notices } = services;
  const tree = await trees.find(treeName);
  const answer = async (revision: number): Promise<CommitResult> => {
    return { revision, id: await trees.revisionId(tree.id, revision) };
  };
  const committed = await pushes.committedRevision(tree.id, id, token.name);
  if (committed !== undefined) {
    // A kill right after the transaction leaves the directory.
    if (!activity.isBusy(id)) await store.remove(id);
    return answer(committed);
  }
  const session = await store.find(id, { treeId: tree.id, tokenId: token.id }, 'push');
  return activity.exclusively(session.id, true, async () => {
    // Another commit of the same session may have ended since.
    const before = await pushes.committedRevision(tree.id, id, token.name);
    if (before !== undefined) return answer(before);
    const push = await store.pendingPush(id);
    await storeObjects(services, id, push);
    await requireObjects(services.objects, push);
    const commit = { treeId: tree.id, pushId: id, tokenName: token.name, push };
    const revision = await pushes.commit(commit);
    if (revision !== push.base) notices.announce(tree.id);
    if (push.uploads.length > fewUploads) await store.removeSoon(id);
    else await store.remove(id);
    return answer(revision);
  });
}

async function storeObjects(
  { objects, pendingUploads, store }: CommitPushServices,
  id: string,
  push: PendingPush,
): Promise<void> {
  const inbox = store.filesFolderOf(id);
  const taken = await pendingUploads.finish(id);
  const untaken: Upload[] = [];
  await inSlices(push.uploads, (upload) => {
    const stamp = taken.get(upload.hash);
    if (stamp === undefined || !objects.isUnchanged(upload, stamp)) untaken.push(upload);
  });
  await verifyInbox(inbox, untaken);
  for (const upload of untaken) await objects.store(join(inbox, upload.path), upload);
  await objects.flush(push.uploads.map((upload) => upload.hash));
}

async function requireObjects(objects: ObjectStore, push: PendingPush): Promise<void> {
  const missing: string[] = [];
  const uploaded = new Set(push.uploads.map(({ hash }) => hash));
  await inSlices(push.changes, (change) => {
    if (change.op === 'put' && uploaded.has(change.hash)) return;
    if (change.op === 'put' && change.kind === 'file' && !objects.has(change)) missing.push(change.path);
  });
  if (missing.length > 0) throw pathsError('content_mismatch', missing, 'is no longer stored: push it again');
}
