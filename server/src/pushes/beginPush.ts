import { inSlices } from '../concurrency/inSlices';
import type { BeginPush, Change, FileEntry, PushSession, PutChange } from '../contract/schemas';
import { WireError } from '../errors';
import type { ContentStore } from '../objects/contentStore';
import type { Upload } from '../sessions/session';
import type { SessionActivity } from '../sessions/sessionActivity';
import { sameEntry } from '../trees/entry';
import type { EntryRepository } from '../trees/entryRepository';
import type { FolderRepository } from '../trees/folderRepository';
import type { Tree, TreeRepository } from '../trees/treeRepository';
import { checkLinks } from './checkLinks';
import { createPushSession, type PushSessionServices } from './createPushSession';
import { checkFileDirConflict } from './fileDirConflict';
import { resumePush } from './resumePush';
import { validateChanges } from './validateChanges';

/** For more new paths than this, reading all paths of the tree is faster than querying those above and below each. */
const maxSingleQueries = 200;

export interface BeginPushServices extends PushSessionServices {
  readonly trees: TreeRepository;
  readonly entries: EntryRepository;
  readonly folders: FolderRepository;
  readonly contents: ContentStore;
  readonly activity: SessionActivity;
  readonly newId: () => string;
}

interface BeginPushRequest {
  readonly treeName: string;
  readonly tokenId: number;
  readonly push: BeginPush;
}

/**
 * Checks a push and creates its session. Throws tree_not_found, revision_not_found, stale_base, invalid_request, invalid_path,
 * invalid_link, file_dir_conflict, too_many_files, too_many_folders, storage_full and too_many_sessions.
 */
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
  const checked = { id, tree, tokenId, push, changes: effective, head, uploads, damaged };
  if (push.resume === undefined) return createPushSession(services, checked);
  const request = { id: push.resume, owner: { treeId: tree.id, tokenId }, uploads };
  return resumePush(services, request, (earlier) => createPushSession(services, checked, earlier));
}

function requireBase({ name, head }: Tree, base: number, forced: boolean): void {
  if (forced ? base <= head : base === head) return;
  throw new WireError('stale_base', `${name} is at revision ${head}, not ${base}`, { head });
}

/** Checks the tree as it would be after the push. Throws file_dir_conflict, too_many_files, too_many_folders, invalid_link. */
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
  await entries.requireRoom(tree.id, growth(changes, head));
  await checkAddedPaths(entries, tree, changes, head);
  await folders.requireRoom(tree.id, push.folders);
  await checkLinks(entries, tree.id, changes, head);
}

/** The number of paths that the changes add, less those that they delete. */
function growth(changes: readonly Change[], head: ReadonlyMap<string, FileEntry>): number {
  let count = 0;
  for (const { op, path } of changes) {
    if (op === 'delete') count--;
    else if (!head.has(path)) count++;
  }
  return count;
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
 * The contents that the client has to upload: no revision of this tree has them, or it is not stored any more. Other trees
 * are not consulted, so that nobody can probe or claim their content. For a forced push, the stored contents of all puts
 * are read and verified.
 */
async function findUploads(
  { entries, contents: store }: BeginPushServices,
  tree: Tree,
  puts: readonly PutChange[],
  forced: boolean,
): Promise<{ uploads: Upload[]; damaged: ReadonlySet<string> }> {
  const contents = new Map<string, Upload>();
  await inSlices(puts, ({ path, hash, size }) => {
    if (!contents.has(hash)) contents.set(hash, { path, hash, size });
  });
  const known = await entries.knownHashes(tree.id, [...contents.keys()]);
  const there = await store.stored([...contents.values()].filter(({ hash }) => known.has(hash)));
  const stored: Upload[] = [];
  const uploads: Upload[] = [];
  await inSlices(contents.values(), (content) => {
    (there.has(content.hash) ? stored : uploads).push(content);
  });
  const damaged = forced ? await store.findDamaged(stored) : new Set<string>();
  return { uploads: uploads.concat(stored.filter((content) => damaged.has(content.hash))), damaged };
}
