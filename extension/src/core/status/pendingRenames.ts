import type { Change } from '../change';
import type { FileTable } from '../entry';
import { findRenames, type Rename } from '../reconcile/renames';
import type { PathStates } from './pathState';

/** With more new and deleted paths, finding the renames takes long, and each path counts by itself. */
const maxComparedPaths = 5_000;

export interface SideTables {
  readonly ancestor: Pick<FileTable, 'get'>;
  readonly local: Pick<FileTable, 'get'>;
  readonly remote: Pick<FileTable, 'get'>;
}

/** The renamed files among the changes that are not synced, by the side that renamed them. */
export interface PendingRenames {
  readonly outgoing: readonly Rename[];
  readonly incoming: readonly Rename[];
}

export function pendingRenames(states: PathStates['states'], { ancestor, local, remote }: SideTables): PendingRenames {
  const outgoing: string[] = [];
  const incoming: string[] = [];
  for (const [path, state] of states) {
    if (state === 'added' || state === 'deleted') outgoing.push(path);
    else if (state === 'incoming') incoming.push(path);
  }
  return { outgoing: renamesAmong(outgoing, ancestor, local), incoming: renamesAmong(incoming, local, remote) };
}

function renamesAmong(paths: readonly string[], before: SideTables['local'], after: SideTables['local']): Rename[] {
  return renamedFiles(paths.map((path): Change => ({ path, from: before.get(path), to: after.get(path) })));
}

/** The renamed files among `changes`, those in renamed folders too; none among very many changes. */
export function renamedFiles(changes: readonly Change[]): Rename[] {
  const moved = changes.filter(({ from, to }) => (from === undefined) !== (to === undefined));
  if (moved.length < 2 || moved.length > maxComparedPaths) return [];
  const { folders, files } = findRenames(moved);
  return [...files, ...folders.flatMap((folder) => folder.files)];
}
