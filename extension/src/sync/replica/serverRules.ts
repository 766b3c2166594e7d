import type { FileTable } from '../../core/entry';
import type { Rules } from '../../core/tracking/rule';
import { isInside } from '../../core/paths';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { containsFile } from '../../io/fs/containsFile';
import { runYielding } from '../../io/threads/yielding';
import type { Replica } from './replica';

/**
 * Tracks the folders and files of the tree here too, except those that the user untracked on this machine. A folder
 * that holds other files on this disk is skipped, and only its files on the server are tracked: the user did not ask to
 * push the others. Returns the outermost skipped folders whose files on the server are all new.
 */
export async function adoptServerRules(replica: Replica, folders: readonly string[]): Promise<string[]> {
  const { ancestor, rules } = replica;
  const [known, onServer] = [ancestor.remote('lastSynced'), ancestor.remote('known')];
  const skipped: string[] = [];
  const selection = rules.selection();
  for (const path of folders) {
    if (selection.ruleFor(path) !== undefined) continue;
    const isOther = (file: string): boolean => !onServer.has(file);
    const holdsOthers = await containsFile(replica.root, path, isOther, (other) => selection.excludes(other));
    if (holdsOthers) skipped.push(path);
    else rules.addRule(path, 'folder');
  }
  await runYielding(adoptFilesSteps(replica, onServer.keys()));
  const isNew = (folder: string): boolean => hasPathIn(onServer, folder) && !hasPathIn(known, folder);
  return skipped.filter((folder) => isNew(folder) && !skipped.some((other) => isInside(folder, other))).sort();
}

function* adoptFilesSteps({ local, rules }: Replica, paths: Iterable<string>): CooperativeTask<void> {
  const selection = rules.selection();
  let visited = 0;
  for (const path of paths) {
    if (++visited % stepSize === 0) yield;
    // Nearly all paths are observed, and an observed path is tracked.
    if (local.observations.has(path)) continue;
    if (selection.ruleFor(path) === undefined && !selection.excludes(path)) rules.addRule(path, 'file');
  }
}

function hasPathIn(table: FileTable, folder: string): boolean {
  for (const path of table.keys()) if (isInside(path, folder)) return true;
  return false;
}

/** Removes the rules that were adopted since `before`, and forgets the paths that only these included. */
export async function revertRules({ local, rules }: Replica, before: Rules): Promise<void> {
  if (!rules.removeAddedSince(before)) return;
  const selection = rules.selection();
  await local.forget((path) => !selection.includes(path));
}
