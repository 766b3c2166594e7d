import { renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Change } from '../../core/change';
import { statsAt } from '../fs/stats';
import { hasExactName, renameFolderCases } from './caseRename';
import { PathSkipped } from './preconditions';
import { renameViaTemporary } from './temporary';
import type { ApplyState } from './applyState';

/**
 * Renames the folders whose names change only in case or in the encoding of accents, and registers files whose paths
 * change in that way for `renameFile`. Skips all files in a folder that could not be renamed. Returns the other
 * changes.
 */
export function renameFolders(state: ApplyState): Change[] {
  const { root, changes, observations, nameRules } = state.request;
  if (nameRules === undefined || state.isCancelled) return [...changes];
  const { changedFolders } = state;
  const existing = observations.keys();
  const { files, skipped } = renameFolderCases({ root, changes, existing, rules: nameRules, changedFolders });
  for (const [to, from] of files) state.addCaseRename(from, to);
  for (const [path, errno] of skipped) state.skip(path, 'spelling', errno);
  return changes.filter(({ path }) => !skipped.has(path));
}

/** Renames the file that is put at `path` if only the spelling of its path changes. Throws PathSkipped. */
export function renameFile(state: ApplyState, path: string): void {
  const oldPath = state.oldPathOf(path);
  if (oldPath === undefined) return;
  const folder = dirname(join(state.root, path));
  state.changedFolders.add(folder);
  if (basename(oldPath) !== basename(path)) {
    const from = join(folder, basename(oldPath));
    const to = join(folder, basename(path));
    renameSync(from, to);
    if (!hasExactName(state.root, path)) renameInTwoSteps(state, oldPath, from, to);
  }
  state.result.removed.push(oldPath);
}

/** For file systems that ignore a rename that changes only the case. */
function renameInTwoSteps({ backup }: ApplyState, oldPath: string, from: string, to: string): void {
  if (statsAt(from) === undefined) throw new PathSkipped('changed');
  backup.keepDuring(from, oldPath, () => {
    if (!renameViaTemporary(from, to)) throw new PathSkipped('changed');
  });
}
