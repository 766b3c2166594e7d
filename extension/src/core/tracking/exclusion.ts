import ignore, { type Ignore } from 'ignore';
import { parentFolders, isInside, parentOf, relativeTo } from '../paths';

/** The patterns of a `.gitignore` file, relative to its folder. */
interface GitignoreLevel {
  readonly folder: string;
  readonly patterns: Ignore;
}

/**
 * The paths that gitignore-style patterns exclude. Folders are matched with a `/` at their end, as in gitignore.
 * Invariant: as with git, no pattern includes a path again if a folder above it is excluded.
 */
export class Exclusion {
  readonly #configured: Pick<Ignore, 'ignores'>;
  readonly #levels = new Map<string, GitignoreLevel>();
  /** Whether a folder is excluded, by its base and path. */
  readonly #folderResults = new Map<string, boolean>();

  constructor(patterns: readonly string[], gitignores: Iterable<readonly [folder: string, content: string]>) {
    this.#configured = nameMatcher(patterns) ?? patternMatcher(patterns);
    for (const [folder, content] of gitignores) this.addGitignore(folder, content);
  }

  /** Adds the `.gitignore` of `folder` and forgets earlier results for paths in it. */
  addGitignore(folder: string, content: string): void {
    this.#levels.set(folder, { folder, patterns: patternMatcher(content.replace(/^\uFEFF/, '')) });
    for (const known of this.#folderResults.keys()) {
      if (isInside(known.slice(known.indexOf('\0') + 1), folder)) this.#folderResults.delete(known);
    }
  }

  /** Whether the file `path` is excluded. Patterns from folders above `base` are matched relative to `base`. */
  excludesFile(path: string, base: string): boolean {
    const folder = parentOf(path);
    if (folder === undefined) return false;
    return this.excludesFolder(folder, base) || this.#matches(path, '', base);
  }

  /** Like `excludesFile`, for a folder. The base itself is never excluded. */
  excludesFolder(path: string, base: string): boolean {
    if (!isInside(path, base)) return false;
    const key = `${base}\0${path}`;
    const known = this.#folderResults.get(key);
    if (known !== undefined) return known;
    const isParentExcluded = this.excludesFolder(parentOf(path) ?? '', base);
    const result = isParentExcluded || this.#matches(path, '/', base);
    this.#folderResults.set(key, result);
    return result;
  }

  /** Whether a pattern matches `path` itself; the caller has checked the folders above it. */
  #matches(path: string, ending: '' | '/', base: string): boolean {
    if (this.#configured.ignores(relativeTo(base, path) + ending)) return true;
    if (this.#levels.size === 0) return false;
    for (const folder of [...parentFolders(path), '']) {
      const level = this.#levels.get(folder);
      if (level === undefined) continue;
      // The nearest `.gitignore` with a matching pattern decides.
      const from = folder === base || isInside(folder, base) ? folder : base;
      const result = level.patterns.test(relativeTo(from, path) + ending);
      if (result.ignored) return true;
      if (result.unignored) return false;
    }
    return false;
  }
}

/**
 * A matcher for patterns that are all plain names, as most are; undefined if one is not. The pattern library took
 * longer for 100,000 paths than their scan.
 */
function nameMatcher(patterns: readonly string[]): Pick<Ignore, 'ignores'> | undefined {
  if (!patterns.every((pattern) => /^[\w.-]+\/?$/.test(pattern))) return undefined;
  const names = new Set(patterns.flatMap((pattern) => (pattern.endsWith('/') ? [pattern] : [pattern, `${pattern}/`])));
  return { ignores: (path) => names.has(path.slice(path.lastIndexOf('/', path.length - 2) + 1)) };
}

/** A matcher for patterns, or for a text with one pattern per line. */
function patternMatcher(patterns: string | readonly string[]): Ignore {
  return ignore({ ignorecase: false }).add(patterns);
}
