import type { Change } from '../change';
import { comparePaths } from '../paths';

export interface Rename {
  readonly from: string;
  readonly to: string;
}

/** All that stood in one folder stands in another now, each under its old name. `''` is the workspace folder. */
export interface FolderRename extends Rename {
  readonly files: readonly Rename[];
}

export interface Renames {
  readonly folders: readonly FolderRename[];
  /** Those that are in none of `folders`. */
  readonly files: readonly Rename[];
  /** The changes that are no part of a rename. */
  readonly rest: readonly Change[];
}

/** In a group of so many or fewer, each path is compared with each. */
const fewPaths = 32;
/** So many names at the end of two paths are compared: a file that moved with its folders keeps them. */
const maxDepth = 8;

/**
 * Finds what was only renamed: a path deleted and another put with the same content. It is for showing: a
 * rename is still carried out as both. `standing` are the paths that stood before the changes, so that a folder
 * of which some stayed does not look renamed; without them only the changes are looked at.
 */
export function findRenames(changes: readonly Change[], standing: Iterable<string> = deletedPaths(changes)): Renames {
  const renames = pairs(changes);
  const folders = movedFolders(renames, standing);
  const files: Rename[] = [];
  const byFolder = new Map<string, FolderRename & { readonly files: Rename[] }>();
  for (const rename of renames) {
    const move = outermost(rename, folders);
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

/** Paths with one content: what was deleted, and what was put. */
interface Group {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

function pairs(changes: readonly Change[]): Rename[] {
  const found: Rename[] = [];
  for (const [content, group] of grouped(changes)) {
    // An empty file is like any other: only its name says which it is.
    const least = content.isEmpty ? 1 : 0;
    let left = group;
    for (let depth = deepest(group); depth >= least && left.from.length > 0 && left.to.length > 0; depth--) {
      left = pairAlike(left, depth, found);
    }
  }
  return found.sort((a, b) => comparePaths(a.from, b.from));
}

function grouped(changes: readonly Change[]): [{ isEmpty: boolean }, Group][] {
  const groups = new Map<string, { isEmpty: boolean; from: string[]; to: string[] }>();
  for (const { path, from, to } of changes) {
    const entry = from ?? to;
    if (entry === undefined || (from !== undefined && to !== undefined)) continue;
    const key = `${entry.kind} ${entry.hash}`;
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { isEmpty: entry.size === 0, from: [], to: [] }));
    group[from === undefined ? 'to' : 'from'].push(path);
  }
  return [...groups.values()].map((group) => [group, group]);
}

/** The most names that a path of each side can share with one of the other. */
function deepest({ from, to }: Group): number {
  if (from.length === 1 && to.length === 1) return 1;
  const names = (paths: readonly string[]): number => paths.reduce((most, path) => Math.max(most, depthOf(path)), 0);
  return Math.min(maxDepth, names(from), names(to));
}

function depthOf(path: string): number {
  let depth = 1;
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) depth++;
  return depth;
}

/** Pairs the paths of `group` whose last `depth` names are the same, and answers what is left. */
function pairAlike(group: Group, depth: number, found: Rename[]): Group {
  const byEnding = new Map<string, { from: string[]; to: string[] }>();
  for (const side of ['from', 'to'] as const) {
    for (const path of group[side]) {
      const key = ending(path, depth);
      const alike = byEnding.get(key);
      if (alike === undefined) byEnding.set(key, { from: [], to: [], [side]: [path] });
      else alike[side].push(path);
    }
  }
  const left: { from: string[]; to: string[] } = { from: [], to: [] };
  for (const alike of byEnding.values()) {
    const paired = alike.from.length + alike.to.length <= fewPaths ? nearest(alike) : inOrder(alike);
    for (const one of paired) found.push(one);
    const [from, to] = [new Set(paired.map((one) => one.from)), new Set(paired.map((one) => one.to))];
    for (const path of alike.from) if (!from.has(path)) left.from.push(path);
    for (const path of alike.to) if (!to.has(path)) left.to.push(path);
  }
  return left;
}

/** The last `depth` names of `path`, or all of it. */
function ending(path: string, depth: number): string {
  if (depth === 0) return '';
  let start = path.length;
  for (let i = 0; i < depth && start > 0; i++) start = path.lastIndexOf('/', start - 1);
  return path.slice(start + 1);
}

function nearest({ from, to }: Group): Rename[] {
  const all = from.flatMap((from) => to.map((to) => ({ from, to, score: likeness(from, to) })));
  all.sort((a, b) => b.score - a.score || comparePaths(a.from, b.from) || comparePaths(a.to, b.to));
  const used = new Set<string>();
  return all.flatMap(({ from, to }) => {
    if (used.has(from) || used.has(to)) return [];
    used.add(from).add(to);
    return [{ from, to }];
  });
}

/** How many characters two paths share at their ends. */
function likeness(a: string, b: string): number {
  const shortest = Math.min(a.length, b.length);
  let head = 0;
  while (head < shortest && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shortest - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  return head + tail;
}

function inOrder({ from, to }: Group): Rename[] {
  const [before, after] = [[...from].sort(comparePaths), [...to].sort(comparePaths)];
  return before.slice(0, after.length).map((from, i) => ({ from, to: after[i] ?? from }));
}

/** Where each folder went of which all went to one place, more than one file at least. */
function movedFolders(renames: readonly Rename[], standing: Iterable<string>): Map<string, string> {
  const moves = new Map<string, { to: string; files: number } | undefined>();
  for (const rename of renames) {
    for (const { from, to } of folderMoves(rename)) {
      const known = moves.get(from);
      if (known === undefined) moves.set(from, moves.has(from) ? undefined : { to, files: 1 });
      else if (known.to === to) known.files++;
      else moves.set(from, undefined);
    }
  }
  const before = new Map<string, number>();
  for (const path of standing) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      before.set(folder, (before.get(folder) ?? 0) + 1);
    }
  }
  return new Map(
    [...moves].flatMap(([from, move]): [string, string][] =>
      move !== undefined && move.files > 1 && move.files === before.get(from) ? [[from, move.to]] : [],
    ),
  );
}

/** The folder moves that `rename` can be part of, innermost first. */
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

function outermost(rename: Rename, folders: ReadonlyMap<string, string>): Rename | undefined {
  let found: Rename | undefined;
  for (const move of folderMoves(rename)) if (folders.get(move.from) === move.to) found = move;
  return found;
}
