import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { runYielding } from '../threads/yielding';

/** Below it the list costs less than looking for whole folders, and one run less than several. */
const fewPaths = 2_000;

interface Folder {
  readonly path: string;
  readonly files: Set<string>;
  readonly folders: Map<string, Folder>;
  /** Files in it and below. */
  count: number;
}

/** What one rsync is told to bring: files, and folders all of which is to be brought. */
export interface TransferPart {
  readonly names: readonly string[];
  /** The files that this comes to. */
  readonly files: number;
  /** Whether any name is a folder's. Where none is, nothing may be looked into. */
  readonly hasFolders: boolean;
}

/**
 * Divides `paths` into at most `runs` shares of about equal size. rsync reads a list a byte per system call, which costs
 * more than the files do: so a folder of which all is to be brought stands for its files. What else stands in a folder of
 * `root`, from which they come, keeps it from being brought whole; symlinks do not, since rsync passes over them.
 * Without `root`, they come from where nothing else stands.
 */
export async function divide(paths: readonly string[], runs: number, root?: string): Promise<TransferPart[]> {
  if (paths.length < fewPaths) return [{ names: paths, files: paths.length, hasFolders: false }];
  const top = await runYielding(growing(paths));
  const whole = root === undefined ? undefined : await wholeFolders(root, top);
  const most = Math.ceil(paths.length / runs);
  const items: Item[] = [];
  // A folder that is larger than a small part of a share would make the shares unequal.
  collect(top, (folder) => whole?.has(folder) ?? true, most / 8, items);
  const shares: { names: string[]; files: number; hasFolders: boolean }[] = [];
  let share: (typeof shares)[number] | undefined;
  for (const { name, files, isFolder } of items) {
    if (share === undefined || share.files >= most) shares.push((share = { names: [], files: 0, hasFolders: false }));
    share.names.push(name);
    share.files += files;
    share.hasFolders ||= isFolder;
  }
  return shares;
}

interface Item {
  readonly name: string;
  readonly files: number;
  readonly isFolder: boolean;
}

function* growing(paths: readonly string[]): CooperativeTask<Folder> {
  const top: Folder = { path: '', files: new Set(), folders: new Map(), count: 0 };
  for (const [number, path] of paths.entries()) {
    if (number % stepSize === 0) yield;
    let folder = top;
    let start = 0;
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', start)) {
      folder.count++;
      const name = path.slice(start, end);
      let next = folder.folders.get(name);
      if (next === undefined) {
        next = { path: path.slice(0, end), files: new Set(), folders: new Map(), count: 0 };
        folder.folders.set(name, next);
      }
      folder = next;
      start = end + 1;
    }
    folder.count++;
    folder.files.add(path.slice(start));
  }
  return top;
}

async function wholeFolders(root: string, top: Folder): Promise<ReadonlySet<Folder>> {
  const whole = new Set<Folder>();
  if (process.platform === 'win32') return whole;
  const look = async (folder: Folder): Promise<void> => {
    for (const below of folder.folders.values()) await look(below);
    if (await holdsNothingElse(root, folder, whole)) whole.add(folder);
  };
  await look(top);
  return whole;
}

async function holdsNothingElse(root: string, folder: Folder, whole: ReadonlySet<Folder>): Promise<boolean> {
  const found = await readdir(join(root, folder.path), { withFileTypes: true }).catch(() => undefined);
  if (found === undefined) return false;
  let wanted = 0;
  for (const entry of found) {
    if (entry.isSymbolicLink()) continue;
    const below = folder.folders.get(entry.name);
    const isWanted = entry.isFile() ? folder.files.has(entry.name) : below !== undefined && whole.has(below);
    if (!isWanted) return false;
    wanted++;
  }
  // A file that is not there any more is asked for by name, so that rsync tells of it.
  return wanted === folder.files.size + folder.folders.size;
}

function collect(folder: Folder, isWhole: (folder: Folder) => boolean, most: number, items: Item[]): void {
  if (folder.path !== '' && folder.count <= most && isWhole(folder)) {
    items.push({ name: folder.path, files: folder.count, isFolder: true });
    return;
  }
  const at = folder.path === '' ? '' : `${folder.path}/`;
  for (const name of folder.files) items.push({ name: at + name, files: 1, isFolder: false });
  for (const below of folder.folders.values()) collect(below, isWhole, most, items);
}
