import type { Change } from '../change';
import { parentFolders } from '../paths';
import { restrictTo } from './restrictTo';
import type { Problem } from '../problem';

export interface FilteredChanges {
  readonly changes: readonly Change[];
  /** Why paths are held back, by path. */
  readonly problems: ReadonlyMap<string, Problem>;
}

/**
 * Those of `changes` that a push can send beside what is `staying` on the server and does not stand here: that may be
 * a file where a folder is to be, or lie in a folder where a file is to be. What was to make room for a put that is
 * held back stays as well.
 * Invariant: with what is answered made, the server's side is a possible folder, if with all of `changes` made only
 * what is staying is in the way.
 */
export function dropBlockedByServer(changes: readonly Change[], staying: Iterable<string>): FilteredChanges {
  const problems = new Map<string, Problem>();
  if (!changes.some(isPutAnew)) return { changes, problems };
  const others = new Set(staying);
  // Nearly always, and told before all that is put is gathered.
  if (others.size === 0) return { changes, problems };
  const isNew = new Set(changes.filter(isPutAnew).map(({ path }) => path));
  for (const path of isNew) {
    for (const folder of parentFolders(path)) {
      if (others.has(folder)) problems.set(path, { path, reason: 'server-has-file', with: folder });
    }
  }
  for (const path of others) {
    for (const folder of parentFolders(path)) {
      if (isNew.has(folder)) problems.set(folder, { path: folder, reason: 'server-has-folder', with: path });
    }
  }
  if (problems.size === 0) return { changes, problems };
  const rest = new Set(changes.flatMap(({ path }) => (problems.has(path) ? [] : [path])));
  return { changes: restrictTo(changes, rest), problems };
}

function isPutAnew({ from, to }: Change): boolean {
  return from === undefined && to !== undefined;
}
