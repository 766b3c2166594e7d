import { overlay, remoteTable } from '../../core/wire';
import type { Rules } from '../../core/tracking/rule';
import { isInside } from '../../core/paths';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { holdsFile } from '../../io/fs/holdsFile';
import { runYielding } from '../../io/threads/yielding';
import type { FetchedChanges, Replica } from './replica';

/**
 * The tree's folders and files are tracked here too, except what the user left out on this machine. A folder
 * in which other files stand is not taken whole: nobody asked for these to be sent. Answers those folders, the
 * outermost of them, when nothing that the server has in them was known before.
 */
export async function adoptServerRules(replica: Replica, { folders, changes }: FetchedChanges): Promise<string[]> {
  const { ancestor, unappliedRemote, rules } = replica.state;
  const known = remoteTable(ancestor, unappliedRemote);
  const onServer = overlay(known, changes);
  const untaken: string[] = [];
  const selection = replica.selection();
  for (const path of folders) {
    if (selection.ruleFor(path) !== undefined) continue;
    const isOther = (file: string): boolean => !onServer.has(file);
    const holdsOthers = await holdsFile(replica.root, path, isOther, (other) => selection.excludes(other));
    if (holdsOthers) untaken.push(path);
    else rules.set(path, { path, kind: 'folder', effect: 'track' });
  }
  await runYielding(adoptFilesSteps(replica, onServer.keys()));
  const isNew = (folder: string): boolean => holdsAny(onServer, folder) && !holdsAny(known, folder);
  return untaken.filter((folder) => isNew(folder) && !untaken.some((other) => isInside(folder, other))).sort();
}

function* adoptFilesSteps(replica: Replica, paths: Iterable<string>): CooperativeTask<void> {
  const { observations, rules } = replica.state;
  const selection = replica.selection();
  let looked = 0;
  for (const path of paths) {
    if (++looked % stepSize === 0) yield;
    // What is observed is tracked: nearly all.
    if (observations.has(path)) continue;
    if (selection.ruleFor(path) === undefined && !selection.excludes(path)) {
      rules.set(path, { path, kind: 'file', effect: 'track' });
    }
  }
}

function holdsAny(table: { keys(): Iterable<string> }, folder: string): boolean {
  for (const path of table.keys()) if (isInside(path, folder)) return true;
  return false;
}

/** Makes the rules again what they were `before` some were taken in, and forgets what only those let be seen. */
export async function revertRules(replica: Replica, before: Rules): Promise<void> {
  const { rules, observations } = replica.state;
  if (rules.size === before.size) return;
  for (const path of rules.keys()) if (!before.has(path)) rules.delete(path);
  const selection = replica.selection();
  const isOut = (path: string): boolean => !selection.includes(path);
  await replica.update([], [...observations.keys()].filter(isOut));
  for (const path of [...replica.problems.keys()].filter(isOut)) replica.problems.delete(path);
}
