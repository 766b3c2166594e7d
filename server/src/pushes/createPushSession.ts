import { packFile, type BeginPush, type Change, type FileEntry, type PushSession } from '../contract/schemas';
import type { ObjectStore } from '../objects/objectStore';
import type { PushRecord, Upload } from '../sessions/session';
import type { InitialFile, SessionStore } from '../sessions/sessionStore';
import type { DiskSpace } from '../space/diskSpace';
import { sessionAccess } from '../transfers/sessionAccess';
import type { Tree } from '../trees/treeRepository';
import type { EarlierInbox } from './inbox/earlierInbox';
import { roomFor, type InboxGuard } from './inbox/inboxGuard';
import type { InboxVerifiers } from './inbox/inboxVerifiers';
import type { PackInboxes } from './inbox/packInboxes';
import { recordRoom } from './recordRoom';
import { storeReceived } from './inbox/storeReceived';
import type { UploadedObjects } from './uploadedObjects';
import { declaredFiles, planUploads, recordedPlan, type UploadPlan } from './uploadPlan';

export interface PushSessionServices {
  readonly objects: ObjectStore;
  readonly sessions: SessionStore;
  readonly inboxVerifiers: InboxVerifiers;
  readonly packInboxes: PackInboxes;
  readonly inboxGuard: InboxGuard;
  readonly space: DiskSpace;
  readonly uploaded: UploadedObjects;
  readonly newPassword: () => string;
}

/** A push that the tree can take. */
export interface CheckedPush {
  /** The id of its session. */
  readonly id: string;
  readonly tree: Tree;
  readonly tokenId: number;
  readonly push: BeginPush;
  /** The changes without those that the head already has. */
  readonly changes: readonly Change[];
  /** The head's entries of the changed paths. */
  readonly head: ReadonlyMap<string, FileEntry>;
  readonly uploads: readonly Upload[];
  /** The hashes of contents that the push replaces. */
  readonly damaged: ReadonlySet<string>;
}

/**
 * Reserves the room of a push and creates its session. `earlier` is the inbox of the push that it resumes. Throws storage_full
 * and too_many_sessions.
 */
export async function createPushSession(
  services: PushSessionServices,
  checked: CheckedPush,
  earlier?: EarlierInbox,
): Promise<PushSession> {
  const { sessions, inboxGuard, inboxVerifiers, packInboxes, uploaded, objects, space } = services;
  const { id, tree, tokenId, push, uploads } = checked;
  const password = services.newPassword();
  if (earlier !== undefined && push.resume !== undefined) space.release(push.resume);
  const brought = earlier?.brought ?? new Set();
  const plan = planUploads(uploads, { packs: push.packs === true, brought, damaged: checked.damaged });
  const receivedBytes = (await earlier?.receivedBytes(plan.alone)) ?? 0;
  const record = recordOf(checked, plan);
  const missingBytes = roomFor(declaredFiles(id, plan)) - receivedBytes;
  await inboxGuard.begin(id, plan, { missingBytes, recordBytes: await recordRoom(record) });
  uploaded.declare(id, uploads);
  try {
    const files = inboxFiles(objects, checked, { id, plan, earlier });
    const owner = { treeId: tree.id, tokenId };
    await sessions.create({ id, kind: 'push', ...owner, password, files, push: record });
  } catch (error) {
    inboxGuard.forget(id);
    throw error;
  }
  const inbox = sessions.filesFolderOf(id);
  const received = earlier === undefined ? new Map() : await storeReceived(objects, inbox, plan.alone);
  const missing = plan.alone.filter(({ hash }) => !received.has(hash));
  inboxVerifiers.add(id, inbox, missing, received);
  packInboxes.add(id, plan);
  const packs = plan.packs.map((pack) => pack.map(({ path }) => path));
  const upload = missing.map(({ path }) => path);
  return {
    ...sessionAccess(id, password),
    base: tree.head,
    upload,
    ...(packs.length === 0 ? {} : { packs }),
  };
}

function recordOf({ tree, push, changes }: CheckedPush, plan: UploadPlan): PushRecord {
  return {
    base: tree.head,
    forced: push.force === true,
    changes,
    folders: push.folders ?? [],
    untrackedFolders: push.untrackedFolders ?? [],
    ...recordedPlan(plan),
    ...(push.message ? { message: push.message } : {}),
  };
}

function inboxFiles(
  objects: ObjectStore,
  { head, damaged }: CheckedPush,
  { id, plan, earlier }: { id: string; plan: UploadPlan; earlier: EarlierInbox | undefined },
): InitialFile[] {
  const alone = plan.alone.map((upload) => {
    const basis = fileWithBasis(objects, upload.path, head.get(upload.path), damaged);
    return earlier === undefined ? basis : fileReceivedEarlier(earlier, upload, basis);
  });
  return [...alone, ...plan.packs.map((_pack, number) => ({ path: packFile(id, number) }))];
}

/** The inbox file for an upload: the head's content at the path, if it can be linked, as rsync's delta basis. */
function fileWithBasis(
  objects: ObjectStore,
  path: string,
  entry: FileEntry | undefined,
  damaged: ReadonlySet<string>,
): InitialFile {
  if (entry?.kind !== 'file' || damaged.has(entry.hash)) return { path };
  // The head may have another content since it was read, and gc may have frozen this one. A basis is not necessary.
  return { path, create: (file) => objects.has(entry) && objects.tryLinkTo(file, entry) };
}

/** The inbox file for an upload that an earlier push may have received, completely or in part. */
function fileReceivedEarlier(earlier: EarlierInbox, upload: Upload, basis: InitialFile): InitialFile {
  return {
    path: upload.path,
    create: (file) => earlier.tryMove(upload, file) || basis.create?.(file) === true,
  };
}
