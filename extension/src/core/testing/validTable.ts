import type { Entry, FileTable } from '../entry';
import { parentFolders } from '../paths';
import { entry } from './fixtures';

/** Whether no path of the table is a file and a folder at once. */
export function isValidTable(table: FileTable): boolean {
  return [...table.keys()].every((path) => [...parentFolders(path)].every((folder) => !table.has(folder)));
}

/** A table of `pairs`, in the short form of `table`, without the paths that would make it invalid. */
export function validTable(pairs: readonly (readonly [path: string, content: string])[]): Map<string, Entry> {
  const table = new Map<string, Entry>();
  for (const [path, content] of pairs) {
    const isBlocked = [...parentFolders(path)].some((folder) => table.has(folder));
    const blocks = [...table.keys()].some((other) => other.startsWith(`${path}/`));
    if (!isBlocked && !blocks) table.set(path, entry(path, content));
  }
  return table;
}
