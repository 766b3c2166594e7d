import type { Change } from '../change';
import { nameKey, type FolderNameRules } from '../filenames/nameRules';
import type { Rename } from './renames';

/**
 * Paths that are deleted under one spelling and put under another that a disk with `rules` takes for the same. On that
 * disk they are one file: deleting the old name after putting the new one would delete the file, so it must be renamed.
 * A folder's new spelling is returned as a rename of each file in it.
 */
export function caseRenames(changes: readonly Change[], rules: FolderNameRules): Rename[] {
  const deleted = new Map<string, string>();
  for (const { path, to } of changes) if (to === undefined) deleted.set(nameKey(path, rules), path);
  return changes.flatMap(({ path, from, to }) => {
    const old = from === undefined && to !== undefined ? deleted.get(nameKey(path, rules)) : undefined;
    return old === undefined || old === path ? [] : [{ from: old, to: path }];
  });
}
