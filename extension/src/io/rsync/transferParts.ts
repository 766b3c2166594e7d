import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { runYielding } from '../threads/yielding';

/** With fewer paths, a plain list is cheaper than a search for whole folders, and one run cheaper than several. */
const minPathsToSplit = 2_000;

/** The files that one rsync transfers. */
export interface TransferPart {
  /** Files, and folders whose whole content is transferred. */
  readonly names: readonly string[];
  /** Counts the files in those folders too. */
  readonly fileCount: number;
  /** Whether any of `names` is a folder. Without one, rsync must not recurse. */
  readonly hasFolders: boolean;
}

interface Folder {
  readonly path: string;
  /** Names of the requested files in it. */
  readonly files: Set<string>;
  readonly folders: Map<string, Folder>;
  /** Requested files in it, at any depth. */
  fileCount: number;
}

interface ListItem {
  readonly name: string;
  readonly fileCount: number;
  readonly isFolder: boolean;
}

/**
 * Splits `paths` into at most `maxParts` parts of about equal size. rsync reads a list of names one byte per system
 * call, which costs more than transferring the files, so a folder whose whole content is requested is listed in place
 * of its files. A folder of `root`, the source, is never listed if it contains anything else, except symlinks, which
 * rsync skips. Without `root`, the source contains the requested files and nothing else.
 */
export async function splitIntoParts(
  paths: readonly string[],
  maxParts: number,
  root?: string,
): Promise<TransferPart[]> {
  if (paths.length < minPathsToSplit) return [{ names: paths, fileCount: paths.length, hasFolders: false }];
  const tree = await runYielding(buildFolderTreeSteps(paths));
  const wholeFolders = root === undefined ? undefined : await findWholeFolders(root, tree);
  const targetSize = Math.ceil(paths.length / maxParts);
  const items: ListItem[] = [];
  // A folder larger than a fraction of a part would make the parts unequal.
  listItems(tree, (folder) => wholeFolders?.has(folder) ?? true, targetSize / 8, items);
  const parts: { names: string[]; fileCount: number; hasFolders: boolean }[] = [];
  let part: (typeof parts)[number] | undefined;
  for (const { name, fileCount, isFolder } of items) {
    if (part === undefined || part.fileCount >= targetSize) {
      part = { names: [], fileCount: 0, hasFolders: false };
      parts.push(part);
    }
    part.names.push(name);
    part.fileCount += fileCount;
    part.hasFolders ||= isFolder;
  }
  return parts;
}

function* buildFolderTreeSteps(paths: readonly string[]): CooperativeTask<Folder> {
  const tree = emptyFolder('');
  for (const [index, path] of paths.entries()) {
    if (index % stepSize === 0) yield;
    let folder = tree;
    let start = 0;
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', start)) {
      folder.fileCount++;
      const name = path.slice(start, end);
      let child = folder.folders.get(name);
      if (child === undefined) folder.folders.set(name, (child = emptyFolder(path.slice(0, end))));
      folder = child;
      start = end + 1;
    }
    folder.fileCount++;
    folder.files.add(path.slice(start));
  }
  return tree;
}

function emptyFolder(path: string): Folder {
  return { path, files: new Set(), folders: new Map(), fileCount: 0 };
}

async function findWholeFolders(root: string, tree: Folder): Promise<ReadonlySet<Folder>> {
  const whole = new Set<Folder>();
  if (process.platform === 'win32') return whole;
  const visit = async (folder: Folder): Promise<void> => {
    for (const child of folder.folders.values()) await visit(child);
    if (await containsOnlyRequested(root, folder, whole)) whole.add(folder);
  };
  await visit(tree);
  return whole;
}

async function containsOnlyRequested(root: string, folder: Folder, whole: ReadonlySet<Folder>): Promise<boolean> {
  const entries = await readdir(join(root, folder.path), { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return false;
  let requestedCount = 0;
  for (const entry of entries) {
    if (entry.isSymbolicLink()) continue;
    const child = folder.folders.get(entry.name);
    const isRequested = entry.isFile() ? folder.files.has(entry.name) : child !== undefined && whole.has(child);
    if (!isRequested) return false;
    requestedCount++;
  }
  // A file that has disappeared must be listed by name, so that rsync reports it.
  return requestedCount === folder.files.size + folder.folders.size;
}

function listItems(
  folder: Folder,
  isWhole: (folder: Folder) => boolean,
  maxFolderSize: number,
  items: ListItem[],
): void {
  if (folder.path !== '' && folder.fileCount <= maxFolderSize && isWhole(folder)) {
    items.push({ name: folder.path, fileCount: folder.fileCount, isFolder: true });
    return;
  }
  const prefix = folder.path === '' ? '' : `${folder.path}/`;
  for (const name of folder.files) items.push({ name: prefix + name, fileCount: 1, isFolder: false });
  for (const child of folder.folders.values()) listItems(child, isWhole, maxFolderSize, items);
}
