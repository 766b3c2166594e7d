import type { Change } from '../change';
import { entryWith, type Entry } from '../entry';
import { findRenames } from './renames';

/** The paths of one content that a revision, or this disk since the last sync, deleted and added. */
export interface SameContent {
  readonly deleted: readonly string[];
  readonly added: readonly string[];
}

/** The path that `entry` was renamed from; undefined if it was not. The other paths are those with its content. */
export function renameSource(entry: Entry, { deleted, added }: SameContent): string | undefined {
  const at = (path: string): Entry => entryWith(entry, { path });
  const changes: Change[] = [
    ...deleted.map((path) => ({ path, from: at(path), to: undefined })),
    ...added.map((path) => ({ path, from: undefined, to: at(path) })),
  ];
  const { folders, files } = findRenames(changes);
  return [...folders.flatMap((folder) => folder.files), ...files].find(({ to }) => to === entry.path)?.from;
}
