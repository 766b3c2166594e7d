import type { Change } from '../change';
import type { FileTable } from '../entry';
import { findRenames } from '../reconcile/renames';
import type { PathStates } from './pathState';

/** With more new and deleted paths, finding the renames takes long, and each path counts by itself. */
const maxComparedPaths = 5_000;

export interface SideTables {
  readonly ancestor: Pick<FileTable, 'get'>;
  readonly local: Pick<FileTable, 'get'>;
  readonly remote: Pick<FileTable, 'get'>;
}

/** The number of changes that are not synced. A path that both sides changed counts once, and so does a renamed file. */
export function countPendingChanges(states: PathStates['states'], { ancestor, local, remote }: SideTables): number {
  let count = 0;
  const outgoing: string[] = [];
  const incoming: string[] = [];
  for (const [path, state] of states) {
    if (state !== 'problem' && state !== 'held') count++;
    if (state === 'added' || state === 'deleted') outgoing.push(path);
    else if (state === 'incoming') incoming.push(path);
  }
  return count - renameCount(outgoing, ancestor, local) - renameCount(incoming, local, remote);
}

function renameCount(paths: readonly string[], before: SideTables['local'], after: SideTables['local']): number {
  if (paths.length < 2 || paths.length > maxComparedPaths) return 0;
  const changes = paths.map((path): Change => ({ path, from: before.get(path), to: after.get(path) }));
  const { folders, files } = findRenames(changes.filter(({ from, to }) => (from === undefined) !== (to === undefined)));
  return files.length + folders.reduce((sum, folder) => sum + folder.files.length, 0);
}
