import { parentFolders } from '../paths';
import { nameKey, type FolderNameRules } from './nameRules';

const maxNameBytes = 255;
const utf8 = new TextEncoder();

/**
 * Returns a path in the same folder that is not taken: `name (label).ext`, or `name (label 2).ext` and so on. The name
 * has at most 255 bytes in UTF-8.
 */
export function uniqueName(path: string, isTaken: (path: string) => boolean, label: string): string {
  const start = path.lastIndexOf('/') + 1;
  const [folder, name] = [path.slice(0, start), path.slice(start)];
  // A leading dot hides a file; it does not start an extension.
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  for (let number = 1; ; number++) {
    const suffix = ` (${label}${number === 1 ? '' : ` ${number}`})`;
    const candidate = folder + fitted(stem, suffix, extension);
    if (!isTaken(candidate)) return candidate;
  }
}

/**
 * Returns a function that tells whether a disk with `rules` treats a path as the same as one in `tables`, or as a folder
 * above one.
 */
export function nameTaken(
  tables: readonly Iterable<string>[],
  rules: Omit<FolderNameRules, 'windows'> = { foldsCase: false, normalizes: false },
): (path: string) => boolean {
  const taken = new Set<string>();
  for (const paths of tables) {
    for (const path of paths) {
      taken.add(nameKey(path, rules));
      for (const folder of parentFolders(path)) taken.add(nameKey(folder, rules));
    }
  }
  return (path) => taken.has(nameKey(path, rules));
}

/**
 * Cuts the stem, between characters, until the name is short enough for any file system. Drops an extension that is too
 * long by itself.
 */
function fitted(stem: string, suffix: string, extension: string): string {
  const ending = utf8.encode(suffix + extension).length > maxNameBytes ? suffix : suffix + extension;
  const characters = Array.from(stem);
  while (characters.length > 0 && utf8.encode(characters.join('') + ending).length > maxNameBytes) characters.pop();
  return characters.join('') + ending;
}
