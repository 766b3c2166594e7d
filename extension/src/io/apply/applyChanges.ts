import type { Change } from '../../core/change';
import { comparePaths } from '../../core/paths';
import { copyTargets } from './backupPass';
import { deleteFiles, removeEmptiedFolders } from './deletePass';
import { flushFolders } from './flushPass';
import { PutPass, type Put } from './putPass';
import { renameFolders } from './renamePass';
import { Transition, type TransitionRequest, type TransitionResult } from './transition';

/**
 * Applies `changes` to the workspace folder: renames, then deletes, then puts files, then flushes their folders. If a
 * deleted and a put path are two spellings of one file on this disk, the file is renamed: both are applied or neither.
 * Invariant: a file is replaced or deleted only if it equals its observation, and after it was backed up. At every
 * moment, even after a kill, each path has its old state or its complete new one. The one exception is a rename in two
 * steps, on a file system that ignores case renames.
 */
export async function applyChanges(request: TransitionRequest): Promise<TransitionResult> {
  const transition = new Transition(request);
  const changes = renameFolders(transition).sort((a, b) => comparePaths(a.path, b.path));
  // Deepest first, so that a folder is empty before a file replaces it.
  const deletions = changes.filter(({ path, to }) => to === undefined && !transition.isRenamedAway(path)).reverse();
  const putPass = new PutPass(transition, changes.filter(isPut));
  // Before the deletions: both can take seconds, and change nothing in the workspace folder.
  await putPass.completeStagedFiles();
  await copyTargets(transition, [...deletions.map(({ path }) => path), ...putPass.replacedPaths()]);
  await deleteFiles(transition, deletions);
  await putPass.putFiles();
  transition.discardUnusedCopies();
  removeEmptiedFolders(transition);
  await flushFolders(transition);
  return transition.result;
}

function isPut(change: Change): change is Put {
  return change.to !== undefined;
}
