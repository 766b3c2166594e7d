import { WireError } from '../errors';
import { inSlices } from '../concurrency/inSlices';
import type { BeginPush, Change, FileEntry, PushSession, PutChange } from '../contract/schemas';
import type { ObjectStore } from '../objects/objectStore';
import type { InitialFile, SessionStore } from '../sessions/sessionStore';
import type { Upload } from '../sessions/session';
import { sameEntry } from '../trees/entry';
import type { EntryRepository } from '../trees/entryRepository';
import type { Tree, TreeRepository } from '../trees/treeRepository';
import type { PendingUploads } from './pendingUploads';
import { refuseFileDirConflicts } from './fileDirConflict';
import { validateChanges } from './validateChanges';

/** Up to so many new paths are looked up one by one; for more, all paths of the tree are read. */
const fewAdded = 200;

export interface BeginPushServices {
  readonly trees: TreeRepository;
  readonly entries: EntryRepository;
  readonly objects: ObjectStore;
  readonly store: SessionStore;
  readonly pendingUploads: PendingUploads;
  readonly newId: () => string;
  readonly newPassword: () => string;
}

export async function beginPush(
  services: BeginPushServices,
  { treeName, tokenId, push }: { treeName: string; tokenId: number; push: BeginPush },
): Promise<PushSession> {
  const { trees, entries, store } = services;
  const tree = await trees.find(treeName);
  const forced = push.force === true;
  requireBase(tree, push.base, forced);
  await trees.requireKnown(tree, push.base, push.baseId);
  await validateChanges(push.changes);
  store.checkPathLength(push.changes.filter(isFilePut).map((change) => change.path));

  const head = await entries.atHead(
    tree.id,
    push.changes.map((change) => change.path),
  );
  const effective = push.changes.filter((change) => makesDifference(change, head.get(change.path)));
  await checkFileDirConflicts(entries, tree, effective, head);

  const candidates = forced ? push.changes : effective;
  const { uploads, damaged } = await findUploads(services, tree, candidates.filter(isFilePut), forced);
  const id = services.newId();
  const password = services.newPassword();
  await store.create({
    id,
    kind: 'push',
    treeId: tree.id,
    tokenId,
    password,
    files: uploads.map(({ path }) => fileWithBasis(services.objects, path, head.get(path), damaged)),
    push: {
      base: tree.head,
      forced,
      changes: effective,
      folders: push.folders ?? [],
      uploads,
      ...(push.message ? { message: push.message } : {}),
    },
  });
  services.pendingUploads.add(id, store.filesFolderOf(id), uploads);
  return { id, module: id, password, base: tree.head, upload: uploads.map((upload) => upload.path) };
}

function requireBase({ name, head }: Tree, base: number, forced: boolean): void {
  if (forced ? base <= head : base === head) return;
  throw new WireError('stale_base', `${name} is at revision ${head}, not ${base}`, { head });
}

/** A path that is a file already clashes with nothing new. */
async function checkFileDirConflicts(
  entries: EntryRepository,
  tree: Tree,
  changes: readonly Change[],
  head: ReadonlyMap<string, FileEntry>,
): Promise<void> {
  const added = changes.filter(({ op, path }) => op === 'put' && !head.has(path)).map(({ path }) => path);
  if (added.length === 0) return;
  const few = added.length <= fewAdded;
  const near = await (few ? entries.headPathsAround(tree.id, added) : entries.headPaths(tree.id));
  await refuseFileDirConflicts(near, changes);
}

function isFilePut(change: Change): change is PutChange {
  return change.op === 'put' && change.kind === 'file';
}

function makesDifference(change: Change, entry: FileEntry | undefined): boolean {
  if (change.op === 'delete') return entry !== undefined;
  return entry === undefined || !sameEntry(entry, change);
}

/**
 * Content that this tree has in any revision is not asked for; what other trees have can be neither probed
 * nor claimed. A forced push trusts no object that it has not read.
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

/** The head's content at the path is what rsync sends the difference to. */
function fileWithBasis(
  objects: ObjectStore,
  path: string,
  entry: FileEntry | undefined,
  damaged: ReadonlySet<string>,
): InitialFile {
  if (entry?.kind !== 'file' || damaged.has(entry.hash) || !objects.has(entry)) return { path };
  return { path, place: (file) => objects.linkTo(file, entry) };
}
