import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasConflictMarkers } from '../../core/merge/mergeText';
import { readSmallFile } from '../../io/fs/smallFile';
import { ancestorHash, type ActiveMerge } from './activeMerge';
import type { Replica } from '../replica/replica';
import { maxMarkedBytes } from './resolve';

/**
 * The paths of those merges that something else has ended: a decision, a push, a restore, another window.
 * Invariant: a merge goes on while something of it is left on the disk. That is what was agreed on, where a merge
 * editor begins and which a pull would replace, and lines that mark a conflict.
 */
export async function endedMerges(replica: Replica, merges: readonly ActiveMerge[]): Promise<string[]> {
  const { conflicts, localChanges } = (await replica.planner.reconcile('known')).plan;
  const inConflict = new Set(conflicts.map(({ path }) => path));
  const replaced = new Set(localChanges.map(({ path }) => path));
  const selection = replica.rules.selection();
  const ended: string[] = [];
  for (const { path, ancestor } of merges) {
    if (inConflict.has(path)) continue;
    const isAsSynced = replaced.has(path) && ancestorHash(replica, path) === ancestor;
    if (selection.includes(path) && (isAsSynced || (await mayHaveMarkers(replica.root, path)))) continue;
    ended.push(path);
  }
  return ended;
}

/** What cannot be read may have some. */
async function mayHaveMarkers(root: string, path: string): Promise<boolean> {
  const file = join(root, path);
  const content = await readSmallFile(file, maxMarkedBytes);
  return content === undefined ? existsSync(file) : hasConflictMarkers(new TextDecoder().decode(content));
}
