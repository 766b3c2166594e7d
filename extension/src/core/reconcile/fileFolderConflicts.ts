import { parentFolders } from '../paths';
import { stepSize, type CooperativeTask } from '../cooperativeTask';

/** Local or remote, as it would be after its changes. */
export interface ProjectedSide {
  readonly has: (path: string) => boolean;
  /** Every path of the side; others may be among them. */
  readonly candidates: Iterable<string>;
}

/**
 * Finds the files of `side` that have other files below them, and those other files. No file system can store both, so
 * they must be found before anything is written.
 */
export function* fileFolderConflictSteps(side: ProjectedSide): CooperativeTask<Set<string>> {
  const found = new Set<string>();
  /** Folders that are not files and have no file above them. Most paths share their folders with others. */
  const checked = new Set<string>();
  let count = 0;
  for (const path of side.candidates) {
    if (++count % stepSize === 0) yield;
    if (!side.has(path)) continue;
    const folders: string[] = [];
    let isClear = true;
    for (const folder of parentFolders(path)) {
      if (checked.has(folder)) break;
      folders.push(folder);
      if (!side.has(folder)) continue;
      isClear = false;
      found.add(folder);
      found.add(path);
    }
    if (isClear) for (const folder of folders) checked.add(folder);
  }
  return found;
}
