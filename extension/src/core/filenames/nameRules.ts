import { firstSegments, isInside } from '../paths';

/** The rules by which a disk compares and accepts file names. */
export interface NameRules {
  /** `a.md` and `A.md` name one file. */
  readonly foldsCase: boolean;
  /** The NFC and NFD forms of an accented letter name one file. */
  readonly normalises: boolean;
  /** Windows' reserved names and characters apply. */
  readonly windows: boolean;
}

/** The name rules of a workspace folder's disk, and of the disks that are mounted in it. */
export interface FolderNameRules extends NameRules {
  /** A folder comes before those in it. A mount point's own name is on the disk above. */
  readonly mounts?: readonly MountNameRules[];
}

export interface MountNameRules extends NameRules {
  readonly folder: string;
}

/** The name rules of the usual disk of a system, before its own are known. */
export function usualNameRules(platform: string): NameRules {
  return {
    foldsCase: platform === 'darwin' || platform === 'win32',
    normalises: platform === 'darwin',
    windows: platform === 'win32',
  };
}

/** Whether the disks keep all names apart and accept every name. */
export function isPlain({ mounts = [], ...rules }: FolderNameRules): boolean {
  return !isFolding(rules) && !rules.windows && mounts.every((mount) => isPlain({ ...mount }));
}

/** Whether two names can be one on a disk with these rules. */
export function isFolding({ foldsCase, normalises }: FoldingRules): boolean {
  return foldsCase || normalises;
}

/** The rules of the disk that has the name of `path`. */
export function rulesAt(path: string, rules: FolderNameRules): NameRules {
  const [mount] = mountOf(path, rules, rules.mounts?.length ?? 0) ?? [];
  return mount ?? rules;
}

/** Two paths have the same key if and only if they name one file on disks with these rules. */
export function nameKey(path: string, rules: MountedRules): string {
  return keyInMounts(path, rules, rules.mounts?.length ?? 0);
}

type FoldingRules = Omit<NameRules, 'windows'>;
type MountedRules = FoldingRules & Pick<FolderNameRules, 'mounts'>;

/** The key by the rules of the folder's disk and its first `count` mounts. */
function keyInMounts(path: string, rules: MountedRules, count: number): string {
  const found = mountOf(path, rules, count);
  if (found === undefined) return keyOnDisk(path, rules);
  const [mount, end, index] = found;
  return `${keyInMounts(path.slice(0, end), rules, index)}/${keyOnDisk(path.slice(end + 1), mount)}`;
}

/** The innermost of the first `count` mounts that has `path`, the end of its folder in `path`, and its index. */
function mountOf(
  path: string,
  rules: MountedRules,
  count: number,
): [mount: MountNameRules, end: number, index: number] | undefined {
  const { mounts = [] } = rules;
  for (let index = count - 1; index >= 0; index--) {
    const mount = mounts[index];
    if (mount === undefined) continue;
    if (isInside(path, mount.folder)) return [mount, mount.folder.length, index];
    // The folder may be spelled differently on the disks above.
    if (!isFolding(rules) && !mounts.slice(0, index).some(isFolding)) continue;
    const folder = firstSegments(path, mount.folder.split('/').length);
    const isSame = keyInMounts(folder, rules, index) === keyInMounts(mount.folder, rules, index);
    if (folder !== path && isSame) return [mount, folder.length, index];
  }
  return undefined;
}

function keyOnDisk(path: string, { foldsCase, normalises }: FoldingRules): string {
  // Plain ASCII has a single normal form.
  if (!/[^ -~]/.test(path)) return foldsCase ? path.toLowerCase() : path;
  const form = normalises ? path.normalize('NFD') : path;
  if (!foldsCase) return form;
  // Upper case first, so that ß equals SS and both lower-case sigmas are equal.
  const folded = form.toUpperCase().toLowerCase();
  return normalises ? folded.normalize('NFD') : folded;
}
