import { firstSegments } from '../paths';

/** The rules by which a disk compares and accepts file names. */
export interface NameRules {
  /** `a.md` and `A.md` name one file. */
  readonly foldsCase: boolean;
  /** The NFC and NFD forms of an accented letter name one file. */
  readonly normalizes: boolean;
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
    normalizes: platform === 'darwin',
    windows: platform === 'win32',
  };
}

/** Whether the disks keep all names apart and accept every name. */
export function isPlain({ mounts = [], ...rules }: FolderNameRules): boolean {
  return !isFolding(rules) && !rules.windows && mounts.every((mount) => isPlain({ ...mount }));
}

/** Whether two names can be one on a disk with these rules. */
export function isFolding({ foldsCase, normalizes }: FoldingRules): boolean {
  return foldsCase || normalizes;
}

/** The rules of the disk that has the name of `path`. */
export function rulesAt(path: string, rules: FolderNameRules): NameRules {
  return mountOf(path, rules)?.mount ?? rules;
}

/** Two paths have the same key if and only if they name one file on disks with these rules. */
export function nameKey(path: string, rules: MountedRules): string {
  return keyBelow(path, mountOf(path, rules), rules);
}

type FoldingRules = Omit<NameRules, 'windows'>;
type MountedRules = FoldingRules & Pick<FolderNameRules, 'mounts'>;

/** The mounts of a workspace folder, to be found by the keys of their folders. */
interface MountIndex {
  readonly byKey: ReadonlyMap<string, MountNameRules>;
  /** The numbers of segments that the paths of the mounts have, in ascending order. */
  readonly depths: readonly number[];
}

/** A mount above a path, with the key of its folder and the end of this folder in the path. */
interface MountAbove {
  readonly mount: MountNameRules;
  readonly key: string;
  readonly end: number;
}

const indexes = new WeakMap<MountedRules, MountIndex>();

/** The innermost mount that has `path`. */
function mountOf(path: string, rules: MountedRules): MountAbove | undefined {
  if (rules.mounts === undefined || rules.mounts.length === 0) return undefined;
  const index = indexes.get(rules) ?? indexOf(rules, rules.mounts);
  indexes.set(rules, index);
  return innermost(path, rules, index);
}

/** Each mount's key follows from the mounts above it, which come before it. */
function indexOf(rules: FoldingRules, mounts: readonly MountNameRules[]): MountIndex {
  const byKey = new Map<string, MountNameRules>();
  const depths: number[] = [];
  for (const mount of mounts) {
    const { folder } = mount;
    byKey.set(keyBelow(folder, innermost(folder, rules, { byKey, depths }), rules), mount);
    const depth = folder.split('/').length;
    if (!depths.includes(depth)) depths.push(depth);
    depths.sort((a, b) => a - b);
  }
  return { byKey, depths };
}

/** Follows `path` downwards: each disk decides how the folders on it, and so the mounts in them, may be spelled. */
function innermost(path: string, rules: FoldingRules, { byKey, depths }: MountIndex): MountAbove | undefined {
  let above: MountAbove | undefined;
  for (const depth of depths) {
    const folder = firstSegments(path, depth);
    if (folder === path) break;
    const key = keyBelow(folder, above, rules);
    const mount = byKey.get(key);
    if (mount !== undefined) above = { mount, key, end: folder.length };
  }
  return above;
}

/** The key of a path whose innermost mount is `above`, by the rules of the workspace folder's disk if there is none. */
function keyBelow(path: string, above: MountAbove | undefined, rules: FoldingRules): string {
  if (above === undefined) return keyOnDisk(path, rules);
  return `${above.key}/${keyOnDisk(path.slice(above.end + 1), above.mount)}`;
}

function keyOnDisk(path: string, { foldsCase, normalizes }: FoldingRules): string {
  // Plain ASCII has a single normal form.
  if (!/[^ -~]/.test(path)) return foldsCase ? path.toLowerCase() : path;
  const form = normalizes ? path.normalize('NFD') : path;
  if (!foldsCase) return form;
  // Upper case first, so that ß equals SS and both lower-case sigmas are equal.
  const folded = form.toUpperCase().toLowerCase();
  return normalizes ? folded.normalize('NFD') : folded;
}
