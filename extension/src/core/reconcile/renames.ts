import type { Change } from '../change';
import { comparePaths, parentFolders } from '../paths';

/** A file that was renamed or moved. */
export interface Rename {
  readonly from: string;
  readonly to: string;
}

/** A folder whose files, at least two, all moved to another folder with their names. `''` is the workspace folder. */
interface FolderRename extends Rename {
  readonly files: readonly Rename[];
}

/** The renames among some changes, and the changes that are not part of one. */
export interface Renames {
  readonly folders: readonly FolderRename[];
  /** Renamed files that are in none of `folders`. */
  readonly files: readonly Rename[];
  /** The other changes. */
  readonly rest: readonly Change[];
}

/** In a group of up to this many paths, each deleted path is compared with each new one. */
const maxComparedPaths = 32;
/** The most names to compare at the ends of two paths. A file that moved with its folders keeps those names. */
const maxDepth = 8;

/**
 * Finds renames: a deleted path and a new one with the same content. The result is for display; a transfer still
 * deletes one and puts the other. `before` are all paths before the changes: a folder counts as renamed only if none of
 * its files stayed. Without `before`, only the changed paths are considered.
 */
export function findRenames(changes: readonly Change[], before: Iterable<string> = deletedPaths(changes)): Renames {
  const renames = renamedFiles(changes);
  const folders = movedFolders(renames, before);
  const files: Rename[] = [];
  const byFolder = new Map<string, FolderRename & { readonly files: Rename[] }>();
  for (const rename of renames) {
    const move = outermostMove(rename, folders);
    if (move === undefined) {
      files.push(rename);
      continue;
    }
    const known = byFolder.get(move.from);
    if (known === undefined) byFolder.set(move.from, { ...move, files: [rename] });
    else known.files.push(rename);
  }
  const renamed = new Set(renames.flatMap(({ from, to }) => [from, to]));
  return { folders: [...byFolder.values()], files, rest: changes.filter(({ path }) => !renamed.has(path)) };
}

function* deletedPaths(changes: readonly Change[]): Generator<string> {
  for (const { path, from } of changes) if (from !== undefined) yield path;
}

/** Deleted and new paths with the same content. */
interface Group {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

interface ContentGroup extends Group {
  readonly from: string[];
  readonly to: string[];
  /** Whether the content is empty. */
  readonly isEmpty: boolean;
}

function renamedFiles(changes: readonly Change[]): Rename[] {
  const found: Rename[] = [];
  for (const group of groupsByContent(changes)) {
    // All empty files are equal: only the name identifies one.
    const minDepth = group.isEmpty ? 1 : 0;
    let unpaired: Group = group;
    for (let depth = maxCommonDepth(group); depth >= minDepth && hasBoth(unpaired); depth--) {
      unpaired = pairByEnding(unpaired, depth, found);
    }
  }
  return found.sort((a, b) => comparePaths(a.from, b.from));
}

function hasBoth({ from, to }: Group): boolean {
  return from.length > 0 && to.length > 0;
}

function groupsByContent(changes: readonly Change[]): Iterable<ContentGroup> {
  const groups = new Map<string, ContentGroup>();
  for (const { path, from, to } of changes) {
    const entry = from ?? to;
    if (entry === undefined || (from !== undefined && to !== undefined)) continue;
    const key = `${entry.kind} ${entry.hash}`;
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { isEmpty: entry.size === 0, from: [], to: [] }));
    group[from === undefined ? 'to' : 'from'].push(path);
  }
  return groups.values();
}

/** The largest number of names that a deleted and a new path can share at their ends; pairing begins with it. */
function maxCommonDepth({ from, to }: Group): number {
  // A single pair needs no comparison of its folders.
  if (from.length === 1 && to.length === 1) return 1;
  const deepest = (paths: readonly string[]): number => paths.reduce((max, path) => Math.max(max, depthOf(path)), 0);
  return Math.min(maxDepth, deepest(from), deepest(to));
}

function depthOf(path: string): number {
  let depth = 1;
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) depth++;
  return depth;
}

/** Pairs the paths of `group` whose last `depth` names are equal, adds them to `found` and returns the others. */
function pairByEnding(group: Group, depth: number, found: Rename[]): Group {
  const byEnding = new Map<string, { from: string[]; to: string[] }>();
  for (const side of ['from', 'to'] as const) {
    for (const path of group[side]) {
      const key = ending(path, depth);
      const known = byEnding.get(key);
      if (known === undefined) byEnding.set(key, { from: [], to: [], [side]: [path] });
      else known[side].push(path);
    }
  }
  const unpaired: { from: string[]; to: string[] } = { from: [], to: [] };
  for (const candidates of byEnding.values()) {
    const isSmall = candidates.from.length + candidates.to.length <= maxComparedPaths;
    const paired = isSmall ? mostSimilar(candidates) : inOrder(candidates);
    for (const one of paired) found.push(one);
    const [from, to] = [new Set(paired.map((one) => one.from)), new Set(paired.map((one) => one.to))];
    for (const path of candidates.from) if (!from.has(path)) unpaired.from.push(path);
    for (const path of candidates.to) if (!to.has(path)) unpaired.to.push(path);
  }
  return unpaired;
}

/** The last `depth` names of `path`, or the whole path if it has fewer. */
function ending(path: string, depth: number): string {
  if (depth === 0) return '';
  let start = path.length;
  for (let i = 0; i < depth && start > 0; i++) start = path.lastIndexOf('/', start - 1);
  return path.slice(start + 1);
}

function mostSimilar({ from, to }: Group): Rename[] {
  const all = from.flatMap((from) => to.map((to) => ({ from, to, score: similarity(from, to) })));
  all.sort((a, b) => b.score - a.score || comparePaths(a.from, b.from) || comparePaths(a.to, b.to));
  const used = new Set<string>();
  return all.flatMap(({ from, to }) => {
    if (used.has(from) || used.has(to)) return [];
    used.add(from).add(to);
    return [{ from, to }];
  });
}

/** The number of characters that two paths share at both ends. */
function similarity(a: string, b: string): number {
  const shortest = Math.min(a.length, b.length);
  let head = 0;
  while (head < shortest && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shortest - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  return head + tail;
}

function inOrder({ from, to }: Group): Rename[] {
  const [deleted, added] = [[...from].sort(comparePaths), [...to].sort(comparePaths)];
  return deleted.slice(0, added.length).map((from, i) => ({ from, to: added[i] ?? from }));
}

/** The new path of each folder whose files, at least two, all moved to one other folder. */
function movedFolders(renames: readonly Rename[], before: Iterable<string>): Map<string, string> {
  const moves = new Map<string, { to: string; files: number } | undefined>();
  for (const rename of renames) {
    for (const { from, to } of folderMoves(rename)) {
      const known = moves.get(from);
      if (known === undefined) moves.set(from, moves.has(from) ? undefined : { to, files: 1 });
      else if (known.to === to) known.files++;
      else moves.set(from, undefined);
    }
  }
  const fileCounts = new Map<string, number>();
  for (const path of before) {
    for (const folder of parentFolders(path)) fileCounts.set(folder, (fileCounts.get(folder) ?? 0) + 1);
  }
  return new Map(
    [...moves].flatMap(([from, move]): [string, string][] =>
      move !== undefined && move.files > 1 && move.files === fileCounts.get(from) ? [[from, move.to]] : [],
    ),
  );
}

/** The folder renames that `rename` may be part of, innermost first. */
function* folderMoves({ from, to }: Rename): Generator<Rename> {
  let [fromEnd, toEnd] = [from.length, to.length];
  for (;;) {
    const [fromStart, toStart] = [from.lastIndexOf('/', fromEnd - 1), to.lastIndexOf('/', toEnd - 1)];
    if (fromStart < 0 || from.slice(fromStart + 1, fromEnd) !== to.slice(toStart + 1, toEnd)) return;
    yield { from: from.slice(0, fromStart), to: to.slice(0, Math.max(0, toStart)) };
    if (toStart < 0) return;
    [fromEnd, toEnd] = [fromStart, toStart];
  }
}

function outermostMove(rename: Rename, folders: ReadonlyMap<string, string>): Rename | undefined {
  let found: Rename | undefined;
  for (const move of folderMoves(rename)) if (folders.get(move.from) === move.to) found = move;
  return found;
}
