import { inSlices } from '../concurrency/inSlices';
import type { BeginPush, Change, FileEntry, PushSession, PutChange } from '../contract/schemas';
import { WireError } from '../errors';
import type { ObjectStore } from '../objects/objectStore';
import type { Upload } from '../sessions/session';
import type { SessionActivity } from '../sessions/sessionActivity';
import type { InitialFile, SessionStore } from '../sessions/sessionStore';
import type { DiskSpace } from '../space/diskSpace';
import { sameEntry } from '../trees/entry';
import type { EntryRepository } from '../trees/entryRepository';
import type { FolderRepository } from '../trees/folderRepository';
import type { Tree, TreeRepository } from '../trees/treeRepository';
import { checkLinks } from './checkLinks';
import type { EarlierInbox } from './earlierInbox';
import { checkFileDirConflict } from './fileDirConflict';
import type { InboxVerifiers } from './inboxVerifiers';
import { roomFor, type InboxGuard } from './inboxGuard';
import { recordRoom } from './recordRoom';
import { storeReceived } from './storeReceived';
import { resumePush } from './resumePush';
import type { UploadedObjects } from './uploadedObjects';
import { validateChanges } from './validateChanges';

/** For more new paths than this, reading all paths of the tree is faster than querying those above and below each. */
const maxSingleQueries = 200;

export interface BeginPushServices {
  readonly trees: TreeRepository;
  readonly entries: EntryRepository;
  readonly folders: FolderRepository;
  readonly objects: ObjectStore;
  readonly sessions: SessionStore;
  readonly activity: SessionActivity;
  readonly inboxVerifiers: InboxVerifiers;
  readonly inboxGuard: InboxGuard;
  readonly space: DiskSpace;
  readonly uploaded: UploadedObjects;
  readonly newId: () => string;
  readonly newPassword: () => string;
}

interface BeginPushRequest {
  readonly treeName: string;
  readonly tokenId: number;
  readonly push: BeginPush;
}

export async function beginPush(services: BeginPushServices, request: BeginPushRequest): Promise<PushSession> {
  const id = services.newId();
  try {
    return await beginWithId(services, id, request);
  } catch (error) {
    await services.uploaded.discard(id);
    throw error;
  }
}

async function beginWithId(
  services: BeginPushServices,
  id: string,
  { treeName, tokenId, push }: BeginPushRequest,
): Promise<PushSession> {
  const { trees, entries, sessions } = services;
  const tree = await trees.find(treeName);
  const forced = push.force === true;
  requireBase(tree, push.base, forced);
  await trees.requireKnown(tree, push.base, push.baseId);
  await validateChanges(push.changes);
  sessions.checkPathLength(push.changes.filter(isFilePut).map((change) => change.path));

  const head = await entries.atHead(
    tree.id,
    push.changes.map((change) => change.path),
  );
  const effective = push.changes.filter((change) => changesEntry(change, head.get(change.path)));
  await checkResult(services, { tree, changes: effective, head, folders: push.folders ?? [] });

  const candidates = forced ? push.changes : effective;
  services.uploaded.pin(id, candidates);
  const { uploads, damaged } = await findUploads(services, tree, candidates.filter(isFilePut), forced);
  const record = {
    changes: effective,
    folders: push.folders ?? [],
    untrackedFolders: push.untrackedFolders ?? [],
    ...(push.message ? { message: push.message } : {}),
  };
  const create = async (earlier?: EarlierInbox): Promise<PushSession> => {
    const password = services.newPassword();
    if (earlier !== undefined && push.resume !== undefined) services.space.release(push.resume);
    const receivedBytes = (await earlier?.receivedBytes(uploads)) ?? 0;
    const missingBytes = roomFor(uploads) - receivedBytes;
    await services.inboxGuard.begin(id, uploads, { missingBytes, recordBytes: await recordRoom(record) });
    services.uploaded.declare(id, uploads);
    const created = sessions.create({
      id,
      kind: 'push',
      treeId: tree.id,
      tokenId,
      password,
      files: uploads.map((upload) => {
        const basis = fileWithBasis(services.objects, upload.path, head.get(upload.path), damaged);
        return earlier === undefined ? basis : fileReceivedEarlier(earlier, upload, basis);
      }),
      push: { base: tree.head, forced, ...record, uploads },
    });
    await created.catch((error: unknown) => {
      services.inboxGuard.forget(id);
      throw error;
    });
    const inbox = sessions.filesFolderOf(id);
    const received = earlier === undefined ? new Map() : await storeReceived(services.objects, inbox, uploads);
    const missing = uploads.filter(({ hash }) => !received.has(hash));
    services.inboxVerifiers.add(id, inbox, missing, received);
    return { id, module: id, password, base: tree.head, upload: missing.map(({ path }) => path) };
  };
  if (push.resume === undefined) return create();
  return resumePush(services, { id: push.resume, owner: { treeId: tree.id, tokenId }, uploads }, create);
}

function requireBase({ name, head }: Tree, base: number, forced: boolean): void {
  if (forced ? base <= head : base === head) return;
  throw new WireError('stale_base', `${name} is at revision ${head}, not ${base}`, { head });
}

/** Checks the tree as it would be after the push. Throws file_dir_conflict, too_many_folders, invalid_link. */
async function checkResult(
  { entries, folders }: BeginPushServices,
  push: {
    readonly tree: Tree;
    readonly changes: readonly Change[];
    readonly head: ReadonlyMap<string, FileEntry>;
    readonly folders: readonly string[];
  },
): Promise<void> {
  const { tree, changes, head } = push;
  await checkAddedPaths(entries, tree, changes, head);
  await folders.requireRoom(tree.id, push.folders);
  await checkLinks(entries, tree.id, changes, head);
}

/** Throws file_dir_conflict. Only an added path can conflict: the head's own paths do not conflict. */
async function checkAddedPaths(
  entries: EntryRepository,
  tree: Tree,
  changes: readonly Change[],
  head: ReadonlyMap<string, FileEntry>,
): Promise<void> {
  const added = changes.filter(({ op, path }) => op === 'put' && !head.has(path)).map(({ path }) => path);
  if (added.length === 0) return;
  const isFew = added.length <= maxSingleQueries;
  const paths = await (isFew ? entries.headPathsAround(tree.id, added) : entries.headPaths(tree.id));
  await checkFileDirConflict(paths, changes);
}

function isFilePut(change: Change): change is PutChange {
  return change.op === 'put' && change.kind === 'file';
}

function changesEntry(change: Change, entry: FileEntry | undefined): boolean {
  if (change.op === 'delete') return entry !== undefined;
  return entry === undefined || !sameEntry(entry, change);
}

/**
 * The contents that the client has to upload: no revision of this tree has them, or their object is missing. Other trees
 * are not consulted, so that nobody can probe or claim their content. For a forced push, the stored objects of all puts
 * are read and verified.
 */
async function findUploads(
  { entries, objects }: BeginPushServices,
  tree: Tree,
  puts: readonly PutChange[],
  forced: boolean,
): Promise<{ uploads: Upload[]; damaged: ReadonlySet<string> }> {
  const contents = new Map<string, Upload>();
  await inSlices(puts, ({ path, hash, size }) => {
    if (!contents.has(hash)) contents.set(hash, { path, hash, size });
  });
  const known = await entries.knownHashes(tree.id, [...contents.keys()]);
  const stored: Upload[] = [];
  const uploads: Upload[] = [];
  await inSlices(contents.values(), (content) => {
    (known.has(content.hash) && objects.has(content) ? stored : uploads).push(content);
  });
  const damaged = forced ? await objects.findDamaged(stored) : new Set<string>();
  uploads.push(...stored.filter((content) => damaged.has(content.hash)));
  return { uploads, damaged };
}

/** The inbox file for an upload: the head's content at the path, if it can be linked, as rsync's delta basis. */
function fileWithBasis(
  objects: ObjectStore,
  path: string,
  entry: FileEntry | undefined,
  damaged: ReadonlySet<string>,
): InitialFile {
  if (entry?.kind !== 'file' || damaged.has(entry.hash) || !objects.has(entry)) return { path };
  return { path, create: (file) => objects.tryLinkTo(file, entry) };
}

/** The inbox file for an upload that an earlier push may have received, completely or in part. */
function fileReceivedEarlier(earlier: EarlierInbox, upload: Upload, basis: InitialFile): InitialFile {
  return {
    path: upload.path,
    create: (file) => earlier.tryMove(upload, file) || basis.create?.(file) === true,
  };
}
