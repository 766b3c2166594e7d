import { inSlices } from '../concurrency/inSlices';
import type { BeginPull, FileEntry, PullSession } from '../contract/schemas';
import { pathsError } from '../errors';
import { requireNotRemoved } from '../history/findStoredEntry';
import type { ContentPins } from '../objects/contentPins';
import type { ContentStore } from '../objects/contentStore';
import type { StoredSlice } from '../objects/sliceRepository';
import type { ObjectStore } from '../objects/objectStore';
import type { InitialFile, Owner, SessionStore } from '../sessions/sessionStore';
import type { DiskSpace } from '../space/diskSpace';
import type { Reserve } from '../space/reserve';
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
    await requireAvailable(services, paths, { treeId: tree.id, found, slices, revision: pull.revision });
    return await createView(services, { id, treeId: tree.id, tokenId }, { pull, files, slices });
  } finally {
    pins.unpin(id);
  }
}

/** Throws version_removed, content_unavailable. */
async function requireAvailable(
  { objects, entries }: BeginPullServices,
  paths: readonly string[],
  wanted: { treeId: number; found: ReadonlyMap<string, FileEntry>; slices: Slices; revision: number },
): Promise<void> {
  const { treeId, found, slices, revision } = wanted;
  const unavailable: string[] = [];
  await inSlices(paths, (path) => {
    if (!isAvailable(objects, slices, found.get(path))) unavailable.push(path);
  });
  if (unavailable.length === 0) return;
  await requireNotRemoved(entries, { treeId, revision, paths: unavailable });
  throw pathsError('content_unavailable', unavailable, `has no stored content at revision ${revision}`);
}

async function createView(
  { objects, contents, sessions, space, reserve, newPassword }: BeginPullServices,
  session: Owner & { readonly id: string },
  { pull, files, slices }: { pull: BeginPull; files: readonly FileEntry[]; slices: Slices },
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
  if (view.copiedBytes > 0) await requireRoom(view.copiedBytes);
  const linkedFile = (entry: FileEntry): InitialFile => ({
    path: entry.path,
    create: (file) => objects.tryLinkTo(file, entry),
    createSlowly: (file) => objects.linkToCopy(file, entry, requireRoom),
  });
  const create = () =>
    sessions.create({
      ...session,
      kind: 'pull',
      password,
      files: [...files.filter(({ hash }) => !slices.has(hash)).map(linkedFile), ...view.files],
    });
  await reserve.withRoom(create);
  return { id, module: id, password, ...(view.packs === undefined ? {} : { packs: view.packs }) };
}

/** A symlink needs no stored content, because its target is in the file table. */
function isAvailable(objects: ObjectStore, slices: Slices, entry: FileEntry | undefined): boolean {
  return entry !== undefined && (entry.kind === 'symlink' || slices.has(entry.hash) || objects.has(entry));
}
