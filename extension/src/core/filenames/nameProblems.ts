import { comparePaths, parentFolders } from '../paths';
import type { Problem } from '../problem';
import { isFolding, nameKey, rulesAt, type FolderNameRules } from './nameRules';
import { windowsProblem } from './windowsNames';

/**
 * The names that disks with `rules` could not store if all of `paths` existed on it, by path. A problem with a folder's
 * name is reported once, for the folder. If names are equal on the disk, one that `exists` wins, or else the first in
 * path order; the others are problems.
 */
export function nameProblems(
  paths: Iterable<string>,
  rules: FolderNameRules,
  exists: (path: string) => boolean = () => false,
): Map<string, Problem> {
  const problems = new Map<string, Problem>();
  const disks = [rules, ...(rules.mounts ?? [])];
  const [folds, hasWindows] = [disks.some(isFolding), disks.some(({ windows }) => windows)];
  if (!hasWindows && !folds) return problems;
  const all = [...paths];
  const existing = new Set(folds ? all.filter(exists) : []);
  const ordered = folds
    ? [...[...existing].sort(comparePaths), ...all.filter((path) => !existing.has(path)).sort(comparePaths)]
    : all;
  const names = new UsedNames(rules);
  for (const path of ordered) {
    const problem =
      (hasWindows && rulesAt(path, rules).windows ? windowsProblem(path) : undefined) ??
      (folds ? names.add(path) : undefined);
    if (problem !== undefined) problems.set(problem.path, problem);
  }
  return problems;
}

/** The paths in use, each in the spelling that the disk would keep. */
class UsedNames {
  readonly #rules: FolderNameRules;
  readonly #spellings = new Map<string, string>();
  /** Folders that were added with an earlier path. Most paths share their folders with others. */
  readonly #knownFolders = new Set<string>();

  constructor(rules: FolderNameRules) {
    this.#rules = rules;
  }

  /** Adds `path` and the folders above it. If one of them is in use under another spelling, only returns the problem. */
  add(path: string): Problem | undefined {
    const unknown = [path];
    for (const folder of parentFolders(path)) {
      if (this.#knownFolders.has(folder)) break;
      unknown.push(folder);
    }
    const keyed = unknown.map((name) => [name, nameKey(name, this.#rules)] as const).reverse();
    for (const [name, key] of keyed) {
      const spelling = this.#spellings.get(key);
      if (spelling !== undefined && spelling !== name) return nameClash(name, spelling);
    }
    for (const [name, key] of keyed) {
      this.#spellings.set(key, name);
      if (name !== path) this.#knownFolders.add(name);
    }
    return undefined;
  }
}

function nameClash(path: string, taken: string): Problem {
  const hasSameLetters = path.normalize('NFC') === taken.normalize('NFC');
  return { path, reason: hasSameLetters ? 'same-but-accents' : 'same-but-case', with: taken };
}
