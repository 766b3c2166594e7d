import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nameKey, rulesAt, type FolderNameRules, type NameRules } from '../../core/filenames/nameRules';
import { isNotFound } from './errno';

/**
 * The path of the file or folder that the disk finds at `path`, spelled as on the disk. Undefined if nothing exists there.
 * Throws the system's error if a folder cannot be read.
 */
export function spellingOf(root: string, path: string, rules: FolderNameRules): string | undefined {
  let spelled = '';
  for (const name of path.split('/')) {
    const prefix = spelled === '' ? '' : `${spelled}/`;
    const found = spelledName(join(root, spelled), name, rulesAt(prefix + name, rules));
    if (found === undefined) return undefined;
    spelled = prefix + found;
  }
  return spelled;
}

function spelledName(folder: string, name: string, rules: NameRules): string | undefined {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  if (names.includes(name)) return name;
  const key = nameKey(name, rules);
  return names.find((other) => nameKey(other, rules) === key);
}
