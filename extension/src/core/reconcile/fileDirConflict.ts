import { parentFolders } from '../paths';
import { stepSize, type CooperativeTask } from '../cooperativeTask';

/** What would stand on one side after its changes: the paths, and those that a change newly puts there. */
export interface ProjectedTree {
  readonly present: (path: string) => boolean;
  /** Every path that is present; others may be among them. */
  readonly candidates: Iterable<string>;
}

/**
 * The paths of `outcome` at which a file would have to be a folder as well, and the paths below them.
 * A path that is no file system's possible state is found here before anything is touched.
 */
export function* fileDirConflictSteps(outcome: ProjectedTree): CooperativeTask<Set<string>> {
  const found = new Set<string>();
  /** Folders of which neither they nor any above is present: most paths share theirs with others. */
  const clear = new Set<string>();
  let looked = 0;
  for (const path of outcome.candidates) {
    if (++looked % stepSize === 0) yield;
    if (!outcome.present(path)) continue;
    const folders: string[] = [];
    let isClear = true;
    for (const folder of parentFolders(path)) {
      if (clear.has(folder)) break;
      folders.push(folder);
      if (!outcome.present(folder)) continue;
      isClear = false;
      found.add(folder);
      found.add(path);
    }
    if (isClear) for (const folder of folders) clear.add(folder);
  }
  return found;
}
