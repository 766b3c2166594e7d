import { overlay, remoteTable, type ServerSide } from '../engine/wire';
import type { Rules } from '../engine/rule';
import type { FileTable } from '../../../server/src/contract/schemas';
import { liesIn } from '../engine/folders';
import { holdsFile } from '../io/holdsFile';
import type { Replica } from './replica';

/**
 * The tree's folders and files are tracked here too, except what the user left out on this machine. A folder
 * in which other files stand is not taken whole: nobody asked for these to be sent. Answers those folders, the
 * outermost of them, when nothing that the server has in them was known before.
 */
export async function takeInRules(
  replica: Replica,
  table: FileTable,
  changes: ReadonlyMap<string, ServerSide>,
): Promise<string[]> {
  const { ancestor, heldBack, observations, rules } = replica.state;
  const known = remoteTable(ancestor, heldBack);
  const onServer = overlay(known, changes);
  const untaken: string[] = [];
  const selection = replica.selection();
  for (const path of table.folders) {
    if (selection.ruleFor(path) !== undefined) continue;
    const isOther = (file: string): boolean => !onServer.has(file);
    const holdsOthers = await holdsFile(replica.root, path, isOther, (other) => selection.excludes(other));
    if (holdsOthers) untaken.push(path);
    else rules.set(path, { path, kind: 'folder', effect: 'track' });
  }
  const widened = replica.selection();
  for (const path of onServer.keys()) {
    // What is observed is tracked: nearly all.
    if (observations.has(path)) continue;
    if (widened.ruleFor(path) === undefined && !widened.excludes(path)) {
      rules.set(path, { path, kind: 'file', effect: 'track' });
    }
  }
  const isNew = (folder: string): boolean => holdsAny(onServer, folder) && !holdsAny(known, folder);
  return untaken.filter((folder) => isNew(folder) && !untaken.some((other) => liesIn(folder, other))).sort();
}

function holdsAny(table: { keys(): Iterable<string> }, folder: string): boolean {
  for (const path of table.keys()) if (liesIn(path, folder)) return true;
  return false;
}

/** Makes the rules again what they were `before` some were taken in, and forgets what only those let be seen. */
export function takeBackRules(replica: Replica, before: Rules): void {
  const { rules, observations } = replica.state;
  if (rules.size === before.size) return;
  for (const path of rules.keys()) if (!before.has(path)) rules.delete(path);
  const selection = replica.selection();
  const isOut = (path: string): boolean => !selection.includes(path);
  replica.learn([], [...observations.keys()].filter(isOut));
  for (const path of [...replica.problems.keys()].filter(isOut)) replica.problems.delete(path);
}
