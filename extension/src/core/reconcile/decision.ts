import type { Change, Conflict } from '../change';
import { entryWith, sameEntry, type Entry } from '../entry';
import { parentFolders, isInside } from '../paths';
import { editWithMode, mergedMode } from '../modes';
import { uniqueName } from '../filenames/uniqueName';

/** A change that a decision makes on this disk. */
export interface DecidedChange extends Change {
  /** The path of the content on the server, if it differs from the change's path. */
  readonly source?: string;
}

/**
 * The result of a decision about a conflict. The local changes are applied first: the ancestor records only changes
 * that were seen on the disk. After `ancestorChanges`, their paths have no unapplied remote. If the process is killed
 * in between, either the conflict or the decided state remains.
 */
export interface Decision {
  readonly localChanges: readonly DecidedChange[];
  readonly ancestorChanges: readonly Change[];
}

/** Leaves this disk unchanged. Invariant: the server's entry becomes the ancestor, so that mine is a change to it. */
export function keepMine(conflict: Conflict): Decision {
  return { localChanges: [], ancestorChanges: [ancestorFromRemote(conflict)] };
}

/** Replaces mine with the server's entry, or deletes it. */
export function takeTheirs(conflict: Conflict): Decision {
  const { path, local, remote } = conflict;
  const isAbsent = local === undefined && remote === undefined;
  return {
    localChanges: isAbsent ? [] : [{ path, from: local, to: remote }],
    ancestorChanges: [ancestorFromRemote(conflict)],
  };
}

/**
 * Keeps mine and puts theirs at `name`, which `nameForTheirs` returns. Puts nothing if theirs is a deletion.
 * Throws RangeError if `name` is the conflict's path and mine exists there.
 */
export function keepBoth(conflict: Conflict, name: string): Decision {
  const { path, local, remote } = conflict;
  if (remote === undefined) return keepMine(conflict);
  if (name === path) {
    if (local !== undefined) throw new RangeError('theirs would overwrite mine');
    return takeTheirs(conflict);
  }
  return {
    localChanges: [{ path: name, from: undefined, to: entryWith(remote, { path: name }), source: path }],
    ancestorChanges: [ancestorFromRemote(conflict)],
  };
}

/** Merges an edit on one side with a mode change on the other; undefined if the conflict is of another kind. */
export function takeEditWithMode(conflict: Conflict): Decision | undefined {
  const merged = editWithMode(conflict.ancestor, conflict.local, conflict.remote);
  return merged === undefined ? undefined : replaceMine(conflict, merged);
}

/** Replaces mine with a file of the merged `content` and mode; undefined unless both sides have a file. */
export function takeMerged(
  conflict: Conflict,
  content: Pick<Entry, 'hash' | 'size' | 'mtimeNs'>,
): Decision | undefined {
  const { path, ancestor, local, remote } = conflict;
  if (local?.kind !== 'file' || remote?.kind !== 'file') return undefined;
  const { hash, size, mtimeNs } = content;
  return replaceMine(conflict, { path, kind: 'file', size, mtimeNs, mode: mergedMode(ancestor, remote, local), hash });
}

/**
 * Groups the conflicts that can only be decided together, because one side has a file where the other has a folder, and
 * only one of them can exist. Returns the group of each path. Other conflicts are alone in their groups.
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
 * The path for theirs if both versions are kept: its own path if nothing of mine is there or in the way, otherwise a
 * unique name with `label`. `group` is the conflict's group, see `conflictGroups`.
 */
export function nameForTheirs(
  { path, local }: Conflict,
  group: readonly Conflict[],
  isTaken: (path: string) => boolean,
  label: string,
): string {
  const mine = group.filter((other) => other.local !== undefined).map((other) => other.path);
  const fileAbove = mine.find((other) => isInside(path, other));
  if (fileAbove !== undefined) return uniqueName(fileAbove, isTaken, label) + path.slice(fileAbove.length);
  const isFree = local === undefined && !mine.some((other) => isInside(other, path));
  return isFree ? path : uniqueName(path, isTaken, label);
}

/** Replaces mine with `to`, a merged entry that the next push sends if the server does not have it. */
function replaceMine(conflict: Conflict, to: Entry): Decision {
  const { path, local } = conflict;
  const localChanges = sameEntry(local, to) ? [] : [{ path, from: local, to }];
  return { localChanges, ancestorChanges: [ancestorFromRemote(conflict)] };
}

/** Invariant: the ancestor becomes the server's entry, never a merged one, which is not on the server yet. */
function ancestorFromRemote({ path, ancestor, remote }: Conflict): Change {
  return { path, from: ancestor, to: remote };
}
