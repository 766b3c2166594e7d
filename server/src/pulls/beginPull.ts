import { inSlices } from '../concurrency/inSlices';
import type { BeginPull, FileEntry, PullSession } from '../contract/schemas';
import { pathsError } from '../errors';
import type { ContentPins } from '../objects/contentPins';
import type { ObjectStore } from '../objects/objectStore';
import type { Owner, SessionStore } from '../sessions/sessionStore';
import type { DiskSpace } from '../space/diskSpace';
import type { Reserve } from '../space/reserve';
import type { EntryRepository } from '../trees/entryRepository';
import { requireRevision, type TreeRepository } from '../trees/treeRepository';
import { requireRoomForView } from './viewRoom';

export interface BeginPullServices {
  readonly trees: TreeRepository;
  readonly entries: EntryRepository;
  readonly objects: ObjectStore;
  readonly pins: ContentPins;
  readonly sessions: SessionStore;
  readonly space: DiskSpace;
  readonly reserve: Reserve;
  readonly newId: () => string;
  readonly newPassword: () => string;
}

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
  // The links of the view keep the contents afterwards.
  pins.pin(
    id,
    files.map(({ hash }) => hash),
  );
  try {
    await requireAvailable(services.objects, paths, found, pull.revision);
    return await createView(services, { id, treeId: tree.id, tokenId }, files);
  } finally {
    pins.unpin(id);
  }
}

/** Throws content_unavailable. */
async function requireAvailable(
  objects: ObjectStore,
  paths: readonly string[],
  found: ReadonlyMap<string, FileEntry>,
  revision: number,
): Promise<void> {
  const unavailable: string[] = [];
  await inSlices(paths, (path) => {
    if (!isAvailable(objects, found.get(path))) unavailable.push(path);
  });
  if (unavailable.length === 0) return;
  throw pathsError('content_unavailable', unavailable, `has no stored content at revision ${revision}`);
}

async function createView(
  { objects, sessions, space, reserve, newPassword }: BeginPullServices,
  session: Owner & { readonly id: string },
  files: readonly FileEntry[],
): Promise<PullSession> {
  await requireRoomForView({ space, sessions }, session.tokenId, files);
  const password = newPassword();
  const requireRoom = (bytes: number): Promise<void> => space.requireRoomForCopy(bytes);
  const create = () =>
    sessions.create({
      ...session,
      kind: 'pull',
      password,
      files: files.map((entry) => ({
        path: entry.path,
        create: (file) => objects.tryLinkTo(file, entry),
        createSlowly: (file) => objects.linkToCopy(file, entry, requireRoom),
      })),
    });
  await reserve.withRoom(create);
  return { id: session.id, module: session.id, password };
}

/** A symlink needs no object, because its target is in the file table. */
function isAvailable(objects: ObjectStore, entry: FileEntry | undefined): boolean {
  return entry !== undefined && (entry.kind === 'symlink' || objects.has(entry));
}
