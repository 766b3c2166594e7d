import { inSlices } from '../concurrency/inSlices';
import type { BeginPull, FileEntry, PullSession } from '../contract/schemas';
import { pathsError } from '../errors';
import { requireNotRemoved } from '../history/findStoredEntry';
import type { Recipe } from '../objects/chunks/chunkRepository';
import type { ContentPins } from '../objects/contentPins';
import type { ContentStore } from '../objects/contentStore';
import { DamagedContent } from '../objects/openContent';
import { bytesOf } from '../objects/packs/pack';
import type { StoredSlice } from '../objects/packs/sliceRepository';
import type { ObjectStore } from '../objects/objectStore';
import type { InitialFile, Owner, SessionStore } from '../sessions/sessionStore';
import type { DiskSpace } from '../space/diskSpace';
import type { Reserve } from '../space/reserve';
import { sessionAccess } from '../transfers/sessionAccess';
import type { EntryRepository } from '../trees/entryRepository';
import { requireRevision, type TreeRepository } from '../trees/treeRepository';
import { requireRoomForView } from './viewRoom';
import { packedView } from './packedView';

export interface BeginPullServices {
  readonly trees: TreeRepository;
  readonly entries: EntryRepository;
  readonly objects: ObjectStore;
  readonly pins: ContentPins;
  readonly contents: ContentStore;
  readonly sessions: SessionStore;
  readonly space: DiskSpace;
  readonly reserve: Reserve;
  readonly newId: () => string;
  readonly newPassword: () => string;
}

type Slices = ReadonlyMap<string, StoredSlice>;
type Recipes = ReadonlyMap<string, Recipe>;

/** Creates a view of exactly one revision, which later pushes do not change. */
export async function beginPull(
  services: BeginPullServices,
  { treeName, tokenId, pull }: { treeName: string; tokenId: number; pull: BeginPull },
): Promise<PullSession> {
  const { trees, entries, sessions, pins } = services;
  const tree = await trees.find(treeName);
  requireRevision(tree, pull.revision);
  const paths = [...new Set(pull.paths)];
  sessions.checkPathLength(paths);
  const found = await entries.atRevision(tree.id, pull.revision, paths);
  const files = [...found.values()].filter((entry) => entry.kind === 'file');
  const id = services.newId();
  // The links and copies of the view keep the contents afterwards.
  pins.pin(
    id,
    files.map(({ hash }) => hash),
  );
  try {
    const slices = await services.contents.packed(files);
    const composed = await services.contents.composed(files, slices);
    await requireAvailable(services, paths, { treeId: tree.id, found, slices, composed, revision: pull.revision });
    return await createView(services, { id, treeId: tree.id, tokenId }, { pull, files, slices, composed });
  } finally {
    pins.unpin(id);
  }
}

/** Throws version_removed, content_unavailable. */
async function requireAvailable(
  { objects, entries }: BeginPullServices,
  paths: readonly string[],
  wanted: {
    treeId: number;
    found: ReadonlyMap<string, FileEntry>;
    slices: Slices;
    composed: Recipes;
    revision: number;
  },
): Promise<void> {
  const { treeId, found, slices, composed, revision } = wanted;
  const unavailable: string[] = [];
  await inSlices(paths, (path) => {
    const entry = found.get(path);
    const isComposed = entry !== undefined && composed.has(entry.hash);
    if (!isComposed && !isAvailable(objects, slices, entry)) unavailable.push(path);
  });
  if (unavailable.length === 0) return;
  await requireNotRemoved(entries, { treeId, revision, paths: unavailable });
  throw pathsError('content_unavailable', unavailable, `has no stored content at revision ${revision}`);
}

async function createView(
  { objects, contents, sessions, space, reserve, newPassword }: BeginPullServices,
  session: Owner & { readonly id: string },
  {
    pull,
    files,
    slices,
    composed,
  }: { pull: BeginPull; files: readonly FileEntry[]; slices: Slices; composed: Recipes },
): Promise<PullSession> {
  const { id, tokenId } = session;
  await requireRoomForView({ space, sessions }, tokenId, files);
  const password = newPassword();
  const indexes = new Map(pull.paths.map((path, index) => [path, index]));
  const wanted = files.flatMap(({ path, hash }) => {
    const slice = slices.get(hash);
    return slice === undefined ? [] : [{ ...slice, path, index: indexes.get(path) ?? 0 }];
  });
  const view = packedView(contents.packs, { id, wanted, readsPacks: pull.packs === true });
  const requireRoom = (bytes: number): Promise<void> => space.requireRoomForCopy(bytes);
  const composedFiles = files.filter(({ hash }) => composed.has(hash));
  const copiedBytes = view.copiedBytes + bytesOf(composedFiles);
  if (copiedBytes > 0) await requireRoom(copiedBytes);
  const linkedFile = (entry: FileEntry): InitialFile => ({
    path: entry.path,
    create: (file) => objects.tryLinkTo(file, entry),
    createSlowly: (file) => objects.linkToCopy(file, entry, requireRoom),
  });
  const composedFile = (entry: FileEntry): InitialFile => ({
    path: entry.path,
    create: () => false,
    createSlowly: (file) => compose(contents, file, entry),
  });
  const linked = files.filter(({ hash }) => !slices.has(hash) && !composed.has(hash));
  const create = () =>
    sessions.create({
      ...session,
      kind: 'pull',
      password,
      files: [...linked.map(linkedFile), ...composedFiles.map(composedFile), ...view.files],
    });
  await reserve.withRoom(create);
  return {
    ...sessionAccess(id, password),
    ...(view.packs === undefined ? {} : { packs: view.packs }),
  };
}

/** Leaves a content out from its first damaged chunk on: the client finds it by its hash. */
async function compose(contents: ContentStore, file: string, entry: FileEntry): Promise<void> {
  try {
    if (!(await contents.copyTo(file, entry, undefined))) await contents.compose(file, entry);
  } catch (error) {
    if (!(error instanceof DamagedContent)) throw error;
  }
}

/** A symlink needs no stored content, because its target is in the file table. */
function isAvailable(objects: ObjectStore, slices: Slices, entry: FileEntry | undefined): boolean {
  return entry !== undefined && (entry.kind === 'symlink' || slices.has(entry.hash) || objects.has(entry));
}
