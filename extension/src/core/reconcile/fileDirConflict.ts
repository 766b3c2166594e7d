import { parentFolders } from '../paths';
import { stepSize, type CooperativeTask } from '../cooperativeTask';

/** One side as it would be after its changes. */
export interface ProjectedTree {
  readonly has: (path: string) => boolean;
  /** Every path of the tree; others may be among them. */
  readonly candidates: Iterable<string>;
}

/**
 * Finds the files of `tree` that have other files below them, and those other files. Such a tree cannot exist on a file
 * system, so it must be found before anything is written.
 */
export function* fileDirConflictSteps(tree: ProjectedTree): CooperativeTask<Set<string>> {
  const found = new Set<string>();
  /** Folders that are no file, and have none above them: most paths share theirs with others. */
  const checked = new Set<string>();
  let count = 0;
  for (const path of tree.candidates) {
    if (++count % stepSize === 0) yield;
    if (!tree.has(path)) continue;
    const folders: string[] = [];
    let isClear = true;
    for (const folder of parentFolders(path)) {
      if (checked.has(folder)) break;
      folders.push(folder);
      if (!tree.has(folder)) continue;
      isClear = false;
      found.add(folder);
      found.add(path);
    }
    if (isClear) for (const folder of folders) checked.add(folder);
  }
  return found;
}
