import type { Change } from '../change';
import { entryWith, type Entry } from '../entry';
import { findRenames } from './renames';

/** Paths with one content that a revision, or the changes of this disk, deleted and added. */
export interface SameContent {
  readonly deleted: readonly string[];
  readonly added: readonly string[];
}

/** The path that the new path `entry.path` had before, if the changes renamed it; `deleted` and `added` have its content. */
export function renameSource(entry: Entry, { deleted, added }: SameContent): string | undefined {
  const at = (path: string): Entry => entryWith(entry, { path });
  const changes: Change[] = [
    ...deleted.map((path) => ({ path, from: at(path), to: undefined })),
    ...added.map((path) => ({ path, from: undefined, to: at(path) })),
  ];
  const { folders, files } = findRenames(changes);
  return [...folders.flatMap((folder) => folder.files), ...files].find(({ to }) => to === entry.path)?.from;
}
