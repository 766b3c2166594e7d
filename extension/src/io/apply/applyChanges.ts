import type { Change } from '../../core/change';
import { comparePaths } from '../../core/paths';
import { copyTargets } from './backupPass';
import { deleteFiles, removeEmptiedFolders } from './deletePass';
import { removeLinksOutside } from './linksOutside';
import { flushFolders } from './flushPass';
import { PutPass } from './putPass';
import { renameFolders } from './renamePass';
import { ApplyState, type ApplyRequest, type ApplyResult, type Put } from './applyState';

/**
 * Applies `changes` to the workspace folder: renames, then deletes, then puts files, then flushes their folders. If a
 * deleted and a put path are two spellings of one file on this disk, the file is renamed: both are applied or neither.
 * Invariant: a file is replaced or deleted only if it equals its observation, and after it was backed up. At every
 * moment, even after a kill, each path has its old state or its complete new one. The one exception is a rename in two
 * steps, on a file system that ignores case renames.
 */
export async function applyChanges(request: ApplyRequest): Promise<ApplyResult> {
  const state = new ApplyState(request);
  const changes = renameFolders(state).sort((a, b) => comparePaths(a.path, b.path));
  // Deepest first, so that a folder is empty before a file replaces it.
  const deletions = changes.filter(({ path, to }) => to === undefined && !state.isRenamedAway(path)).reverse();
  const putPass = new PutPass(state, changes.filter(isPut));
  // Before the deletions: both can take seconds, and change nothing in the workspace folder.
  await putPass.completeStagedFiles();
  await copyTargets(state, [...deletions.map(({ path }) => path), ...putPass.replacedPaths()]);
  await deleteFiles(state, deletions);
  await putPass.putFiles();
  await removeLinksOutside(state);
  state.discardUnusedCopies();
  removeEmptiedFolders(state);
  await flushFolders(state);
  return state.result;
}

function isPut(change: Change): change is Put {
  return change.to !== undefined;
}
