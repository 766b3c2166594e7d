import { join } from 'node:path';
import { exists } from '../../io/fs/files';
import type { Replica } from '../replica/replica';
import { ancestorHash, type ActiveMerge } from './activeMerge';
import { hasMarkers, readMarked } from '../content/markers';

/**
 * Returns the paths of the merges that something else has ended: a decision, a push, a restore, another window.
 * Invariant: a merge is active while its path is in conflict, or while the file on this disk is an unfinished result. An
 * unfinished result has conflict markers, or it equals the ancestor, from which a merge editor starts, and a pull would
 * replace it.
 */
export async function endedMerges(replica: Replica, merges: readonly ActiveMerge[]): Promise<string[]> {
  const { conflicts, downloads } = (await replica.planner.reconcile('known')).plan;
  const inConflict = new Set(conflicts.map(({ path }) => path));
  const replacedByPull = new Set(downloads.map(({ path }) => path));
  const selection = replica.rules.selection();
  const ended: string[] = [];
  for (const { path, ancestor } of merges) {
    if (inConflict.has(path)) continue;
    const equalsAncestor = replacedByPull.has(path) && ancestorHash(replica, path) === ancestor;
    if (selection.includes(path) && (equalsAncestor || (await mayHaveMarkers(replica.root, path)))) continue;
    ended.push(path);
  }
  return ended;
}

/** True also for a file that cannot be read. */
async function mayHaveMarkers(root: string, path: string): Promise<boolean> {
  const content = await readMarked(root, path);
  return content === undefined ? exists(join(root, path)) : hasMarkers(content);
}
