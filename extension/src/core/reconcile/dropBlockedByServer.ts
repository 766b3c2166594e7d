import type { Change } from '../change';
import { parentFolders } from '../paths';
import type { Problem } from '../problem';
import { restrictTo } from './restrictTo';

export interface FilteredChanges {
  readonly changes: readonly Change[];
  /** The reasons for dropped puts, by path. */
  readonly problems: ReadonlyMap<string, Problem>;
}

/**
 * Drops the puts of a push that unsyncable files on the server block: a file where a put needs a folder, or a file
 * below the path of a put. Deletions that make room for a dropped put are dropped too. `remaining` are the paths that
 * the server keeps and this disk does not have.
 * Invariant: the server's table is valid after the returned changes (no path is a file and a folder at once) unless
 * paths outside `remaining` make it invalid.
 */
export function dropBlockedByServer(changes: readonly Change[], remaining: Iterable<string>): FilteredChanges {
  const problems = new Map<string, Problem>();
  if (!changes.some(isAddition)) return { changes, problems };
  const others = new Set(remaining);
  // Nearly always so; checked before the added paths are collected.
  if (others.size === 0) return { changes, problems };
  const added = new Set(changes.filter(isAddition).map(({ path }) => path));
  for (const path of added) {
    for (const folder of parentFolders(path)) {
      if (others.has(folder)) problems.set(path, { path, reason: 'server-has-file', with: folder });
    }
  }
  for (const path of others) {
    for (const folder of parentFolders(path)) {
      if (added.has(folder)) problems.set(folder, { path: folder, reason: 'server-has-folder', with: path });
    }
  }
  if (problems.size === 0) return { changes, problems };
  const kept = new Set(changes.flatMap(({ path }) => (problems.has(path) ? [] : [path])));
  return { changes: restrictTo(changes, kept), problems };
}

function isAddition({ from, to }: Change): boolean {
  return from === undefined && to !== undefined;
}
