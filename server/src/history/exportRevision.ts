import { chmodSync, constants, copyFileSync, mkdirSync, readdirSync, symlinkSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StartError } from '../errors';
import type { FileEntry } from '../contract/schemas';
import type { ObjectStore } from '../objects/objectStore';
import type { EntryRepository } from '../trees/entryRepository';
import { requireRevision, type TreeRepository } from '../trees/treeRepository';

export interface ExportServices {
  readonly trees: TreeRepository;
  readonly entries: EntryRepository;
  readonly objects: ObjectStore;
}

export interface ExportResult {
  readonly revision: number;
  readonly files: number;
}

/**
 * Writes a revision, the head unless one is named, as plain files into `folder`, which must be empty or not
 * there. They are copies: an edit of them cannot reach the objects.
 */
export async function exportRevision(
  { trees, entries, objects }: ExportServices,
  { treeName, revision, folder }: { treeName: string; revision: number | undefined; folder: string },
): Promise<ExportResult> {
  const tree = await trees.find(treeName);
  const wanted = revision ?? tree.head;
  requireRevision(tree, wanted);
  requireEmpty(folder);
  const paths = await entries.pathsChanged(tree.id, { older: 0, newer: wanted });
  const found = [...(await entries.atRevision(tree.id, wanted, paths)).values()];
  // Links last: no file is written through one.
  for (const entry of found.filter(({ kind }) => kind === 'file')) write(join(folder, entry.path), entry, objects);
  for (const { path, target } of found) {
    if (target === undefined) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(target, join(folder, path));
  }
  return { revision: wanted, files: found.length };
}

function requireEmpty(folder: string): void {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) throw new StartError(`${folder} is not empty: name a new folder`);
}

function write(file: string, { path, hash, mode, mtimeNs }: FileEntry, objects: ObjectStore): void {
  mkdirSync(dirname(file), { recursive: true });
  try {
    copyFileSync(objects.fileOf(hash), file, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (error) {
    throw new StartError(`cannot write ${path} (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
  const seconds = Number(BigInt(mtimeNs)) / 1e9;
  utimesSync(file, seconds, seconds);
  chmodSync(file, mode);
}
