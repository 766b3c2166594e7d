import type { Change } from '../change';
import type { FileTable } from '../entry';
import { findRenames } from '../reconcile/renames';
import type { PathStates } from './pathState';

/** Beyond this number of new and deleted paths nobody counts renames, and finding them takes long. */
const maxComparedPaths = 5_000;

export interface SideTables {
  readonly ancestor: Pick<FileTable, 'get'>;
  readonly local: Pick<FileTable, 'get'>;
  readonly remote: Pick<FileTable, 'get'>;
}

/** The number of changes that are not synced. A path that both sides changed counts once, and so does a renamed file. */
export function countPendingChanges(states: PathStates['states'], { ancestor, local, remote }: SideTables): number {
  let count = 0;
  const outgoing: Change[] = [];
  const incoming: Change[] = [];
  for (const [path, state] of states) {
    if (state !== 'problem') count++;
    if (state === 'added' || state === 'deleted') {
      outgoing.push({ path, from: ancestor.get(path), to: local.get(path) });
    } else if (state === 'incoming') {
      const change = { path, from: local.get(path), to: remote.get(path) };
      if ((change.from === undefined) !== (change.to === undefined)) incoming.push(change);
    }
  }
  return count - renameCount(outgoing) - renameCount(incoming);
}

function renameCount(changes: readonly Change[]): number {
  if (changes.length < 2 || changes.length > maxComparedPaths) return 0;
  const { folders, files } = findRenames(changes);
  return files.length + folders.reduce((sum, folder) => sum + folder.files.length, 0);
}
