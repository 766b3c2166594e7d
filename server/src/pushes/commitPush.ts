import { join } from 'node:path';
import { inSlices } from '../concurrency/inSlices';
import type { CommitResult, PutChange } from '../contract/schemas';
import { pathsError, WireError } from '../errors';
import type { RevisionNotices } from '../events/revisionNotices';
import type { Token } from '../token';
import type { ContentStore } from '../objects/contentStore';
import type { ObjectStore } from '../objects/objectStore';
import type { PushRecord, Upload } from '../sessions/session';
import type { SessionActivity } from '../sessions/sessionActivity';
import type { SessionStore } from '../sessions/sessionStore';
import type { TreeRepository } from '../trees/treeRepository';
import type { InboxGuard } from './inbox/inboxGuard';
import type { InboxVerifiers } from './inbox/inboxVerifiers';
import type { PackInboxes } from './inbox/packInboxes';
import type { PushRepository } from './pushRepository';
import type { UploadedObjects } from './uploadedObjects';
import { planOfRecord } from './uploadPlan';
import { verifyInbox } from './inbox/verifyInbox';

/** An inbox with more files than this is removed in the background, so that the client does not wait for it. */
const maxForegroundRemovals = 100;

export interface CommitPushServices {
  readonly trees: TreeRepository;
  readonly pushes: PushRepository;
  readonly objects: ObjectStore;
  readonly contents: ContentStore;
  readonly sessions: SessionStore;
  readonly inboxGuard: InboxGuard;
  readonly inboxVerifiers: InboxVerifiers;
  readonly packInboxes: PackInboxes;
  readonly uploaded: UploadedObjects;
  readonly activity: SessionActivity;
  readonly notices: RevisionNotices;
}

/**
 * Idempotent: a repeated commit returns the same result.
 * Invariant: objects are durable before the transaction that refers to them begins, and the session exists until that
 * transaction is durable. So a kill leaves either a session that can be committed again, or a committed push.
 */
export async function commitPush(
  services: CommitPushServices,
  { treeName, token, id }: { treeName: string; token: Token; id: string },
): Promise<CommitResult> {
  const { trees, pushes, sessions, uploaded, activity, notices } = services;
  const tree = await trees.find(treeName);
  const resultOf = async (revision: number): Promise<CommitResult> => {
    return { revision, id: await trees.revisionId(tree.id, revision) };
  };
  const committed = await pushes.committedRevision(tree.id, id, token.name);
  if (committed !== undefined) {
    // After a kill that followed the transaction, the session's folder still exists.
    if (!activity.isBusy(id)) await sessions.remove(id);
    uploaded.committed(id);
    return resultOf(committed);
  }
  const session = await sessions.find(id, { treeId: tree.id, tokenId: token.id }, 'push');
  return activity.exclusively(session.id, 'await-runs', async () => {
    // Another commit of the same session may have ended in the meantime.
    const committedMeanwhile = await pushes.committedRevision(tree.id, id, token.name);
    if (committedMeanwhile !== undefined) return resultOf(committedMeanwhile);
    const push = await sessions.pushRecord(id);
    await services.inboxGuard.admitCommit(id, push);
    await storeObjects(services, id, planOfRecord(push).alone);
    await storePacks(services, id, push);
    await requireStored(services.contents, push);
    const revision = await pushes.commit({
      treeId: tree.id,
      pushId: id,
      tokenId: token.id,
      tokenName: token.name,
      push,
    });
    uploaded.committed(id);
    if (revision !== push.base) notices.announce(tree.id);
    if (planOfRecord(push).alone.length > maxForegroundRemovals) await sessions.removeSoon(id);
    else await sessions.remove(id);
    return resultOf(revision);
  });
}

/** The result of a push that was committed. Throws not_found for any other. */
export async function committedPush(
  { trees, pushes }: Pick<CommitPushServices, 'trees' | 'pushes'>,
  { treeName, token, id }: { treeName: string; token: Token; id: string },
): Promise<CommitResult> {
  const tree = await trees.find(treeName);
  const revision = await pushes.committedRevision(tree.id, id, token.name);
  if (revision === undefined) throw new WireError('not_found', 'no push with this id was committed');
  return { revision, id: await trees.revisionId(tree.id, revision) };
}

async function storeObjects(
  { objects, inboxVerifiers, sessions }: CommitPushServices,
  id: string,
  uploads: readonly Upload[],
): Promise<void> {
  const inbox = sessions.filesFolderOf(id);
  const stamps = await inboxVerifiers.finish(id);
  const remaining: Upload[] = [];
  await inSlices(uploads, (upload) => {
    const stamp = stamps.get(upload.hash);
    if (stamp === undefined || !objects.isUnchanged(upload, stamp)) remaining.push(upload);
  });
  await verifyInbox(inbox, remaining);
  for (const upload of remaining) await objects.store(join(inbox, upload.path), upload);
  await objects.flush(uploads.map((upload) => upload.hash));
}

/**
 * Throws content_mismatch for contents that this push's packs have not brought: that the server has them for another tree does
 * not count.
 */
async function storePacks(
  { packInboxes }: Pick<CommitPushServices, 'packInboxes'>,
  id: string,
  push: PushRecord,
): Promise<void> {
  const brought = await packInboxes.finish(id, push);
  const missing = planOfRecord(push).packs.flatMap((pack) => pack.filter(({ hash }) => !brought.has(hash)));
  const paths = missing.map(({ path }) => path);
  if (paths.length > 0) throw pathsError('content_mismatch', paths, 'did not arrive with the declared content');
}

/** Throws content_mismatch when content that is not in the inbox is no longer stored. */
async function requireStored(contents: ContentStore, push: PushRecord): Promise<void> {
  const { alone } = planOfRecord(push);
  const verified = new Set(alone.map(({ hash }) => hash));
  const others = push.changes.filter((change): change is PutChange => {
    return change.op === 'put' && change.kind === 'file' && !verified.has(change.hash);
  });
  const stored = await contents.stored(others);
  const missing = others.filter(({ hash }) => !stored.has(hash)).map(({ path }) => path);
  if (missing.length > 0) throw pathsError('content_mismatch', missing, 'is no longer stored; push it again');
}
