import { lstatSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Change } from '../../core/change';
import { isPlain, nameKey, rulesAt, type FolderNameRules } from '../../core/filenames/nameRules';
import { isInside, parentFolders, parentOf } from '../../core/paths';
import { caseRenames } from '../../core/reconcile/caseRenames';
import { errnoOf } from '../fs/errno';
import { statsAt } from '../fs/stats';
import { checkParents } from '../fs/checkParents';
import { removeEmptyFolder } from './preconditions';

export interface CaseRenameRequest {
  readonly root: string;
  readonly changes: readonly Change[];
  /** Paths of the observed files. */
  readonly existing: Iterable<string>;
  readonly rules: FolderNameRules;
  /** The absolute paths of folders in which a name changed are added to it. */
  readonly changedFolders: Set<string>;
}

export interface CaseRenames {
  /** The old path of each renamed file, by its new path. Its folder already has its new name. */
  readonly files: ReadonlyMap<string, string>;
  /** Old and new paths of files whose folder could not be renamed, with the system's error code if there was one. */
  readonly skipped: ReadonlyMap<string, string | undefined>;
}

/** `ignored`: the disk keeps the old name, but the folder can be emptied and created again. */
type RenameOutcome = 'done' | 'ignored' | { readonly errno: string | undefined };

/**
 * Finds the pairs of `changes` that only change the spelling of a file's path, in case or in the encoding of accents, and
 * renames their folders.
 * Invariant: a folder is renamed only if the changes rename all observed files in it. If the disk ignores a case
 * rename, the changes remain a deletion and a put, provided that the folder contains nothing else.
 */
export function renameFolderCases({ root, changes, existing, rules, changedFolders }: CaseRenameRequest): CaseRenames {
  const pairs = caseRenames(changes, rules).filter(({ from, to }) => isOneFile(root, from, to));
  const files = new Map<string, string>();
  const skipped = new Map<string, string | undefined>();
  if (pairs.length === 0) return { files, skipped };
  const deleted = new Set(changes.flatMap(({ path, to }) => (to === undefined ? [path] : [])));
  const remaining = [...existing].filter((path) => !deleted.has(path));
  const renames = new Map<string, RenameOutcome>();
  const renameWithParents = (from: string, to: string): RenameOutcome => {
    if (to === '' || from === to) return 'done';
    const known = renames.get(to);
    if (known !== undefined) return known;
    const parent = renameWithParents(parentOf(from) ?? '', parentOf(to) ?? '');
    const isWhole = (): boolean => !remaining.some((path) => isInside(path, from));
    const rename = parent === 'done' ? renameFolderCase(root, from, to, deleted, isWhole) : parent;
    if (rename === 'done') changedFolders.add(dirname(join(root, to)));
    renames.set(to, rename);
    return rename;
  };
  for (const { from, to } of pairs) {
    const rename = renameWithParents(parentOf(from) ?? '', parentOf(to) ?? '');
    if (rename === 'done') files.set(to, from);
    else if (rename !== 'ignored') for (const path of [to, from]) skipped.set(path, rename.errno);
  }
  return { files, skipped };
}

function renameFolderCase(
  root: string,
  from: string,
  to: string,
  deleted: ReadonlySet<string>,
  isWhole: () => boolean,
): RenameOutcome {
  try {
    if (hasExactName(root, to)) return 'done';
    if (!isWhole()) return { errno: undefined };
    renameSync(join(root, from), join(root, to));
    if (hasExactName(root, to)) return 'done';
    return containsOnly(root, from, deleted) ? 'ignored' : { errno: undefined };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return { errno };
  }
}

/**
 * Whether both paths lead to one file: for each name in which they differ, both spellings exist, but only one is
 * listed. Inode numbers prove nothing, since some file systems return a different one for each spelling.
 */
function isOneFile(root: string, from: string, to: string): boolean {
  // Never follow symlinks.
  if (checkParents(root, from) !== 'open' || statsAt(join(root, from)) === undefined) return false;
  for (let [one, other] = [from, to]; one !== other; [one, other] = [parentOf(one) ?? '', parentOf(other) ?? '']) {
    if (basename(one) === basename(other)) continue;
    if (statsAt(join(root, other)) === undefined || hasExactName(root, one) === hasExactName(root, other)) return false;
  }
  return true;
}

/** Whether the parent of `path` lists the last name of `path` in exactly this spelling. Throws system errors. */
export function hasExactName(root: string, path: string): boolean {
  return readdirSync(dirname(join(root, path))).includes(basename(path));
}

/** Whether all files in `folder`, at any depth, are in `paths`. */
function containsOnly(root: string, folder: string, paths: ReadonlySet<string>): boolean {
  return readdirSync(join(root, folder), { withFileTypes: true }).every((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? containsOnly(root, path, paths) : paths.has(path);
  });
}

/**
 * Returns whether a file that is put at `path` would get exactly this path, because the existing folders above it have
 * the same spelling. Removes an empty folder with another spelling, so that it can be created again. Folders in
 * `checked` are not checked again; folders with the right spelling are added to it.
 */
export function ensureExactParents(root: string, path: string, rules: FolderNameRules, checked: Set<string>): boolean {
  if (isPlain(rules)) return true;
  for (const folder of [...parentFolders(path)].reverse()) {
    if (checked.has(folder)) continue;
    const names = namesIn(dirname(join(root, folder)));
    if (names.includes(basename(folder))) {
      checked.add(folder);
      continue;
    }
    const disk = rulesAt(folder, rules);
    const key = nameKey(basename(folder), disk);
    const otherSpelling = names.find((name) => nameKey(name, disk) === key);
    return otherSpelling === undefined || removeIfEmpty(join(root, dirname(folder), otherSpelling));
  }
  return true;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return [];
  }
}

function removeIfEmpty(folder: string): boolean {
  return lstatSync(folder).isDirectory() && removeEmptyFolder(folder);
}
