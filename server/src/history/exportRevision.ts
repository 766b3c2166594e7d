import { chmodSync, constants, copyFileSync, mkdirSync, readdirSync, symlinkSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileEntry } from '../contract/schemas';
import { OperatorError } from '../errors';
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
 * Writes the files of a revision, or of the head, into `folder`, which must be empty or absent. The files are copies,
 * not links, so edits do not change the objects. Throws OperatorError, tree_not_found, revision_not_found.
 */
export async function exportRevision(
  { trees, entries, objects }: ExportServices,
  { treeName, revision, folder }: { treeName: string; revision: number | undefined; folder: string },
): Promise<ExportResult> {
  const tree = await trees.find(treeName);
  const number = revision ?? tree.head;
  requireRevision(tree, number);
  requireEmpty(folder);
  const paths = await entries.pathsChanged(tree.id, { older: 0, newer: number });
  const exported = [...(await entries.atRevision(tree.id, number, paths)).values()];
  // Symlinks come last, so that no file is written through one.
  for (const entry of exported.filter(({ kind }) => kind === 'file')) write(join(folder, entry.path), entry, objects);
  for (const { path, target } of exported) {
    if (target === undefined) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(target, join(folder, path));
  }
  return { revision: number, files: exported.length };
}

function requireEmpty(folder: string): void {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) {
    throw new OperatorError(`The folder ${folder} is not empty. Choose an empty or absent one with --to.`);
  }
}

function write(file: string, { hash, mode, mtimeNs }: FileEntry, objects: ObjectStore): void {
  mkdirSync(dirname(file), { recursive: true });
  try {
    copyFileSync(objects.fileOf(hash), file, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const fix = 'Check the space and permissions of the target folder, then export to a new one.';
    throw new OperatorError(`The file ${file} could not be written (${code}). ${fix}`, { cause: error });
  }
  // A string, because Node replaces a negative number by the present time.
  const seconds = String(Number(BigInt(mtimeNs)) / 1e9);
  utimesSync(file, seconds, seconds);
  chmodSync(file, mode);
}
