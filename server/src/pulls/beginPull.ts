import { inSlices } from '../concurrency/inSlices';
import type { BeginPull, FileEntry, PullSession } from '../contract/schemas';
import { pathsError } from '../errors';
import type { ObjectStore } from '../objects/objectStore';
import type { SessionStore } from '../sessions/sessionStore';
import type { DiskSpace } from '../space/diskSpace';
import type { Reserve } from '../space/reserve';
import type { EntryRepository } from '../trees/entryRepository';
import { requireRevision, type TreeRepository } from '../trees/treeRepository';

export interface BeginPullServices {
  readonly trees: TreeRepository;
  readonly entries: EntryRepository;
  readonly objects: ObjectStore;
  readonly sessions: SessionStore;
  readonly space: DiskSpace;
  readonly reserve: Reserve;
  readonly newId: () => string;
  readonly newPassword: () => string;
}

/** Creates a view of exactly one revision, which later pushes do not change. */
export async function beginPull(
  { trees, entries, objects, sessions, space, reserve, newId, newPassword }: BeginPullServices,
  { treeName, tokenId, pull }: { treeName: string; tokenId: number; pull: BeginPull },
): Promise<PullSession> {
  const tree = await trees.find(treeName);
  requireRevision(tree, pull.revision);
  const paths = [...new Set(pull.paths)];
  sessions.checkPathLength(paths);
  const found = await entries.atRevision(tree.id, pull.revision, paths);
  const unavailable: string[] = [];
  await inSlices(paths, (path) => {
    if (!isAvailable(objects, found.get(path))) unavailable.push(path);
  });
  if (unavailable.length > 0) {
    throw pathsError('content_unavailable', unavailable, `has no stored content at revision ${pull.revision}`);
  }
  const files = [...found.values()].filter((entry) => entry.kind === 'file');
  const id = newId();
  const password = newPassword();
  const requireRoom = (bytes: number): Promise<void> => space.requireRoomForCopy(bytes);
  const create = () =>
    sessions.create({
      id,
      kind: 'pull',
      treeId: tree.id,
      tokenId,
      password,
      files: files.map((entry) => ({
        path: entry.path,
        create: (file) => objects.tryLinkTo(file, entry),
        createSlowly: (file) => objects.linkToCopy(file, entry, requireRoom),
      })),
    });
  await reserve.withRoom(create);
  return { id, module: id, password };
}

/** A symlink needs no object, because its target is in the file table. */
function isAvailable(objects: ObjectStore, entry: FileEntry | undefined): boolean {
  return entry !== undefined && (entry.kind === 'symlink' || objects.has(entry));
}
