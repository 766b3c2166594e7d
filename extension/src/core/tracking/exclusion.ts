import ignore, { type Ignore } from 'ignore';
import { isAtOrInside, isInside, parentFolders, parentOf, relativeTo } from '../paths';
import { ignoreFileName, sharedSettingsName, type SharedFile } from '../sharedFiles';
import type { SharedExclude } from './sharedRules';

/** The patterns of a `.gitignore` file, relative to its folder. */
interface GitignoreLevel {
  readonly folder: string;
  readonly patterns: Ignore;
}

type Matcher = Pick<Ignore, 'ignores'>;

/**
 * The paths that gitignore-style patterns exclude. A path is excluded if the setting, a file of the shared rules, or a
 * `.gitignore` says so: none of them includes what another one excludes. Folders are matched with a `/` at their end, as in gitignore.
 * Invariant: as with git, no pattern includes a path again if a folder above it is excluded.
 */
export class Exclusion {
  /** Those of the setting, and of each file of the shared rules that has patterns. */
  readonly #matchers: readonly Matcher[];
  readonly #levels = new Map<string, GitignoreLevel>();
  /** Whether a folder is excluded, by its base and path. */
  readonly #folderResults = new Map<string, boolean>();

  constructor(
    patterns: readonly string[],
    gitignores: Iterable<readonly [folder: string, content: string]>,
    shared: Partial<SharedExclude> = {},
  ) {
    const { ignore: content = '', exclude = [] } = shared;
    const lists = [patterns, linesOf(content), exclude];
    this.#matchers = lists.filter((list) => list.length > 0).map((list) => simpleMatcher(list) ?? patternMatcher(list));
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
    const relative = relativeTo(path, base) + ending;
    for (const matcher of this.#matchers) if (matcher.ignores(relative)) return true;
    if (this.#levels.size === 0) return false;
    for (const folder of [...parentFolders(path), '']) {
      const level = this.#levels.get(folder);
      if (level === undefined) continue;
      // The nearest `.gitignore` with a matching pattern decides.
      const from = isAtOrInside(folder, base) ? folder : base;
      const result = level.patterns.test(relativeTo(path, from) + ending);
      if (result.ignored) return true;
      if (result.unignored) return false;
    }
    return false;
  }
}

/** The patterns of each file of the shared rules alone. */
export function sharedExclusions({ ignore: content, exclude }: SharedExclude): ReadonlyMap<SharedFile, Exclusion> {
  return new Map([
    [ignoreFileName, new Exclusion([], [], { ignore: content })],
    [sharedSettingsName, new Exclusion([], [], { exclude })],
  ]);
}

/** The lines of a file that are patterns. */
function linesOf(content: string): string[] {
  const lines = content.replace(/^\uFEFF/, '').split(/\r?\n/);
  return lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

/** A name, and a folder's name with `/` at its end. */
const plainName = /^[\w.+-]+(?: [\w.+-]+)*\/?$/;
/** A name with the wildcards `*`, `?` and `[abc]`. */
const wildcardName = /^(?!#)(?:[\w.~$#-]|\\#|\?|\*(?!\*)|\[\w+\])+$/;
/**
 * A regular expression with more of these takes seconds for a name that was made for it. The pattern library's do not.
 */
const maxStars = 2;
/** A path without wildcards, at any depth. */
const pathAtAnyDepth = /^\*\*\/[\w.-]+(?:\/[\w.-]+)+$/;
/** A path without wildcards, from the folder that patterns are relative to. */
const anchoredPath = /^(?:\/|(?=[^/]+\/[^/]))[\w.+-]+(?: [\w.+-]+)*(?:\/[\w.+-]+(?: [\w.+-]+)*)*\/?$/;

/**
 * A matcher for simple patterns, as nearly all are; undefined if one is not simple. The pattern library took longer for
 * 100,000 paths than their scan.
 */
function simpleMatcher(patterns: readonly string[]): Matcher | undefined {
  const names = new Set<string>();
  const anchored = new Set<string>();
  const wildcards: string[] = [];
  const endings: string[] = [];
  for (const pattern of patterns) {
    if (plainName.test(pattern)) {
      names.add(pattern);
      if (!pattern.endsWith('/')) names.add(`${pattern}/`);
    } else if (wildcardName.test(pattern) && pattern.split('*').length - 1 <= maxStars)
      wildcards.push(sourceOf(pattern));
    else if (pathAtAnyDepth.test(pattern)) endings.push(pattern.slice(2));
    else if (anchoredPath.test(pattern)) {
      const path = pattern.startsWith('/') ? pattern.slice(1) : pattern;
      anchored.add(path);
      if (!path.endsWith('/')) anchored.add(`${path}/`);
    } else return undefined;
  }
  const wildcard = wildcards.length === 0 ? undefined : new RegExp(`^(?:${wildcards.join('|')})/?$`);
  return {
    ignores: (path) => {
      const name = path.slice(path.lastIndexOf('/', path.length - 2) + 1);
      if (names.has(name) || anchored.has(path) || wildcard?.test(name) === true) return true;
      if (endings.length === 0) return false;
      const absolute = `/${path.endsWith('/') ? path.slice(0, -1) : path}`;
      return endings.some((ending) => absolute.endsWith(ending));
    },
  };
}

/** The source of a regular expression for a name that `wildcardName` accepts. */
function sourceOf(pattern: string): string {
  return pattern.replaceAll(/\\#|\[\w+\]|[.$*?]/g, (part) => {
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part === '.' || part === '$' ? `\\${part}` : part.replace('\\#', '#');
  });
}

/** A matcher for patterns, or for a text with one pattern per line. */
function patternMatcher(patterns: string | readonly string[]): Ignore {
  return ignore({ ignorecase: false }).add(patterns);
}
