import { lstatSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Change } from '../../core/change';
import { parentFolders, isInside, parentOf } from '../../core/paths';
import { nameKey, type NameRules } from '../../core/filenames/nameRules';
import { caseRenames } from '../../core/reconcile/caseRenames';
import { errnoOf } from '../fs/errno';
import { statsAt } from '../fs/stats';
import { removeEmptyFolder, checkParents } from './preconditions';

export interface CaseRenameRequest {
  readonly root: string;
  readonly changes: readonly Change[];
  /** The paths that are known to stand. */
  readonly existing: Iterable<string>;
  readonly rules: NameRules;
}

export interface CaseRenames {
  /** New path to old: one file on this disk, in a folder that is spelled as the new path says already. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths, new and old, whose folder cannot be spelled anew; with the system's error code, where there is one. */
  readonly skipped: ReadonlyMap<string, string | undefined>;
}

/**
 * Finds which of `changes` give a file that stands another spelling only, and spells the folders anew that it takes.
 * Invariant: a folder is spelled anew only with all that is known to stand in it. Where the disk knows no rename of
 * that kind, the changes stay what they are, a deletion and then a put, if nothing else is in the folder.
 */
export function renameFolderCases(request: CaseRenameRequest): CaseRenames {
  const { root, changes, rules } = request;
  const pairs = caseRenames(changes, rules).filter(({ from, to }) => isOneFile(root, from, to));
  const files = new Map<string, string>();
  const held = new Map<string, string | undefined>();
  if (pairs.length === 0) return { files, skipped: held };
  const leaving = new Set(changes.flatMap(({ path, to }) => (to === undefined ? [path] : [])));
  const standing = [...request.existing];
  const folders = new Map<string, RenamedFolder>();
  const respell = (from: string, to: string): RenamedFolder => {
    if (to === '' || from === to) return 'done';
    const known = folders.get(to);
    if (known !== undefined) return known;
    const above = respell(parentOf(from) ?? '', parentOf(to) ?? '');
    const isWhole = (): boolean => standing.every((path) => !isInside(path, from) || leaving.has(path));
    const outcome = above === 'done' ? renameFolderCase(root, from, to, leaving, isWhole) : above;
    folders.set(to, outcome);
    return outcome;
  };
  for (const { from, to } of pairs) {
    const outcome = respell(parentOf(from) ?? '', parentOf(to) ?? '');
    if (outcome === 'done') files.set(to, from);
    else if (outcome !== 'not here') for (const path of [to, from]) held.set(path, outcome.errno);
  }
  return { files, skipped: held };
}

/** `not here`: the disk leaves the spelling as it was, and the folder can be emptied and made anew instead. */
type RenamedFolder = 'done' | 'not here' | { readonly errno: string | undefined };

function renameFolderCase(
  root: string,
  from: string,
  to: string,
  leaving: ReadonlySet<string>,
  isWhole: () => boolean,
): RenamedFolder {
  try {
    if (hasExactName(root, to)) return 'done';
    if (!isWhole()) return { errno: undefined };
    renameSync(join(root, from), join(root, to));
    if (hasExactName(root, to)) return 'done';
    return containsOnly(root, from, leaving) ? 'not here' : { errno: undefined };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return { errno };
  }
}

/**
 * Whether both paths lead to one file: each name in which they differ is listed in one of the two spellings, and
 * found in both. Some file systems number one file differently by the spelling it is asked for by.
 */
function isOneFile(root: string, from: string, to: string): boolean {
  // What lies behind a link is none of ours.
  if (checkParents(root, from) !== 'open' || statsAt(join(root, from)) === undefined) return false;
  for (let [one, other] = [from, to]; one !== other; [one, other] = [parentOf(one) ?? '', parentOf(other) ?? '']) {
    if (basename(one) === basename(other)) continue;
    if (statsAt(join(root, other)) === undefined || hasExactName(root, one) === hasExactName(root, other)) return false;
  }
  return true;
}

/** Whether the last name of `path` stands in its folder spelled just so. Throws the system's errors. */
export function hasExactName(root: string, path: string): boolean {
  return readdirSync(dirname(join(root, path))).includes(basename(path));
}

/** Whether no file stands in `folder`, at any depth, but those that are `leaving`. */
function containsOnly(root: string, folder: string, leaving: ReadonlySet<string>): boolean {
  return readdirSync(join(root, folder), { withFileTypes: true }).every((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? containsOnly(root, path, leaving) : leaving.has(path);
  });
}

/**
 * Whether what is put at `path` will stand under just that name: the folders above it that stand already must be
 * spelled as `path` spells them. An empty one that is not is removed, to be made anew. `known` are the folders that
 * were looked at before.
 */
export function ensureExactParents(root: string, path: string, rules: NameRules, known: Set<string>): boolean {
  if (!rules.foldsCase && !rules.normalises) return true;
  for (const folder of [...parentFolders(path)].reverse()) {
    if (known.has(folder)) continue;
    const names = namesIn(dirname(join(root, folder)));
    if (names.includes(basename(folder))) {
      known.add(folder);
      continue;
    }
    const key = nameKey(basename(folder), rules);
    const other = names.find((name) => nameKey(name, rules) === key);
    return other === undefined || removeIfEmpty(join(root, dirname(folder), other));
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
