import type { Change, Conflict } from '../change';
import { entryWith, sameEntry, type Entry } from '../entry';
import { parentFolders, isInside } from '../paths';
import { editWithMode, mergedMode } from '../modes';
import { uniqueName } from '../filenames/uniqueName';

/** A change of the disk that a decision makes. */
export interface DecidedChange extends Change {
  /** Where the server has the content, when that is not at the change's own path. */
  readonly source?: string;
}

/**
 * What becomes of a conflict. The local changes come first: the ancestor follows only what was seen to stand,
 * and nothing is held back any more at the paths of `ancestorChanges`. A kill in between leaves the conflict, or
 * what was decided.
 */
export interface Decision {
  readonly localChanges: readonly DecidedChange[];
  readonly ancestorChanges: readonly Change[];
}

/** Leaves the disk as it is. Invariant: what the server has counts as seen, so that mine is a change of it. */
export function keepMine(conflict: Conflict): Decision {
  return { localChanges: [], ancestorChanges: [seen(conflict)] };
}

/** Brings the disk to what the server has. */
export function takeTheirs(conflict: Conflict): Decision {
  const { path, local, remote } = conflict;
  const isAbsent = local === undefined && remote === undefined;
  return {
    localChanges: isAbsent ? [] : [{ path, from: local, to: remote }],
    ancestorChanges: [seen(conflict)],
  };
}

/**
 * Keeps mine, and puts theirs beside it at `name`; see `nameForTheirs`. Where `name` is the path itself, nothing
 * of mine stands there and theirs comes back to it; where theirs is a deletion there is nothing to put.
 */
export function keepBoth(conflict: Conflict, name: string): Decision {
  const { path, local, remote } = conflict;
  if (remote === undefined) return keepMine(conflict);
  if (name === path) {
    if (local !== undefined) throw new RangeError('theirs cannot stand where mine does');
    return takeTheirs(conflict);
  }
  return {
    localChanges: [{ path: name, from: undefined, to: entryWith(remote, { path: name }), source: path }],
    ancestorChanges: [seen(conflict)],
  };
}

/** An edit on one side and a mode on the other, brought together; undefined where it is another conflict. */
export function takeEditWithMode(conflict: Conflict): Decision | undefined {
  const both = editWithMode(conflict.ancestor, conflict.local, conflict.remote);
  return both === undefined ? undefined : become(conflict, both);
}

/**
 * Puts a merged content in the place of mine, with the mode that either side set; undefined where not both sides
 * have a file.
 */
export function takeMerged(
  conflict: Conflict,
  content: Pick<Entry, 'hash' | 'size' | 'mtimeNs'>,
): Decision | undefined {
  const { path, ancestor, local, remote } = conflict;
  if (local?.kind !== 'file' || remote?.kind !== 'file') return undefined;
  const { hash, size, mtimeNs } = content;
  return become(conflict, { path, kind: 'file', size, mtimeNs, mode: mergedMode(ancestor, remote, local), hash });
}

/**
 * The conflicts that can only be decided together, by the path of each: where one side has a file and the other
 * a folder, both cannot stand. A conflict that stands for itself is alone in its group.
 */
export function conflictGroups(conflicts: readonly Conflict[]): Map<string, readonly Conflict[]> {
  const paths = new Set(conflicts.map(({ path }) => path));
  const groups = new Map<string, Conflict[]>();
  for (const conflict of conflicts) {
    let top = conflict.path;
    for (const folder of parentFolders(conflict.path)) if (paths.has(folder)) top = folder;
    const group = groups.get(top);
    if (group === undefined) groups.set(top, [conflict]);
    else group.push(conflict);
  }
  return new Map([...groups.values()].flatMap((group) => group.map(({ path }) => [path, group] as const)));
}

/**
 * Where theirs is to stand when both are kept: at its own path if nothing of mine is there or in its way, else
 * at a free name. `together` are the conflicts that it is entangled with.
 */
export function nameForTheirs(
  { path, local }: Conflict,
  together: readonly Conflict[],
  taken: (path: string) => boolean,
  label: string,
): string {
  const mine = together.filter((other) => other.local !== undefined).map((other) => other.path);
  const folder = mine.find((other) => isInside(path, other));
  if (folder !== undefined) return uniqueName(folder, taken, label) + path.slice(folder.length);
  const isFree = local === undefined && !mine.some((other) => isInside(other, path));
  return isFree ? path : uniqueName(path, taken, label);
}

/** The disk becomes `to`, which neither side has: against what the server has, it is a change to be sent. */
function become(conflict: Conflict, to: Entry): Decision {
  const { path, local } = conflict;
  return { localChanges: sameEntry(local, to) ? [] : [{ path, from: local, to }], ancestorChanges: [seen(conflict)] };
}

/** Invariant: the ancestor becomes what the server has, never what was made of it here: that is still to be sent. */
function seen({ path, ancestor, remote }: Conflict): Change {
  return { path, from: ancestor, to: remote };
}
