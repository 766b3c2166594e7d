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

/** Where patterns come from. */
export type PatternSource = 'setting' | SharedFile | 'gitignore';

interface Source {
  readonly name: PatternSource;
  /**
   * Whether a pattern matches `path` itself, with patterns from folders above `base` relative to `base`. The folders above it
   * were tested before.
   */
  readonly matches: (path: string, ending: '' | '/', base: string) => boolean;
}

/**
 * The paths that gitignore-style patterns exclude. A path is excluded if the setting, a file of the shared rules, or a
 * `.gitignore` says so: none of them includes what another one excludes. Folders are matched with a `/` at their end, as in gitignore.
 *
 * The paths in a folder that is tracked by name, the anchor, are matched relative to it by the sources that exclude the
 * anchor itself.
 * Invariant: one source alone decides what its patterns are relative to, so more patterns of another one include nothing.
 * Invariant: as with git, no pattern includes a path again if a folder above it is excluded.
 */
export class Exclusion {
  readonly #sources: readonly Source[];
  readonly #levels = new Map<string, GitignoreLevel>();
  /** For each anchor, the folder that the patterns of each source are relative to. */
  readonly #bases = new Map<string, readonly string[]>();
  /** Whether a folder is excluded, by its anchor and path. */
  readonly #folderResults = new Map<string, boolean>();

  constructor(
    patterns: readonly string[],
    gitignores: Iterable<readonly [folder: string, content: string]>,
    shared: Partial<SharedExclude> = {},
  ) {
    const { ignore: content = '', exclude = [] } = shared;
    const lists = [
      ['setting', patterns],
      [ignoreFileName, linesOf(content)],
      [sharedSettingsName, exclude],
    ] as const;
    this.#sources = [
      ...lists.filter(([, list]) => list.length > 0).map(([name, list]) => listSource(name, list)),
      { name: 'gitignore', matches: (path, ending, base) => this.#gitignoreMatches(path, ending, base) },
    ];
    for (const [folder, content] of gitignores) this.addGitignore(folder, content);
  }

  /** Adds the `.gitignore` of `folder` and forgets earlier results for paths in it. */
  addGitignore(folder: string, content: string): void {
    this.#levels.set(folder, { folder, patterns: patternMatcher(content.replace(/^\uFEFF/, '')) });
    this.#bases.clear();
    for (const known of this.#folderResults.keys()) {
      if (isInside(known.slice(known.indexOf('\0') + 1), folder)) this.#folderResults.delete(known);
    }
  }

  /** Whether the file `path`, which is in the folder `anchor` or is the anchor itself, is excluded. */
  excludesFile(path: string, anchor: string): boolean {
    const folder = parentOf(path);
    if (folder === undefined) return false;
    return this.excludesFolder(folder, anchor) || this.#matches(path, '', anchor);
  }

  /** Like `excludesFile`, for a folder. The anchor itself is never excluded. */
  excludesFolder(path: string, anchor: string): boolean {
    if (!isInside(path, anchor)) return false;
    const key = `${anchor}\0${path}`;
    const known = this.#folderResults.get(key);
    if (known !== undefined) return known;
    const isParentExcluded = this.excludesFolder(parentOf(path) ?? '', anchor);
    const result = isParentExcluded || this.#matches(path, '/', anchor);
    this.#folderResults.set(key, result);
    return result;
  }

  /** The first source that excludes `path` by itself; undefined if none does. */
  sourceOf(path: string, kind: 'file' | 'folder', anchor: string): PatternSource | undefined {
    const bases = this.#basesOf(anchor);
    return this.#sources.find((source, at) => sourceExcludes(source, path, kind, bases[at] ?? ''))?.name;
  }

  /** Whether a source that does not exclude `folder` excludes the file `path` in it. */
  excludesBelow(path: string, folder: string): boolean {
    return this.#sources.some(
      (source) => sourceExcludes(source, path, 'file', '') && !sourceExcludes(source, folder, 'folder', ''),
    );
  }

  /** What the patterns of the setting and of the shared rules are relative to, for the paths in `anchor`. */
  baseOf(name: PatternSource, anchor: string): string {
    return this.#basesOf(anchor)[this.#sources.findIndex((source) => source.name === name)] ?? '';
  }

  #matches(path: string, ending: '' | '/', anchor: string): boolean {
    const bases = this.#basesOf(anchor);
    return this.#sources.some(({ matches }, at) => matches(path, ending, bases[at] ?? ''));
  }

  #basesOf(anchor: string): readonly string[] {
    let bases = this.#bases.get(anchor);
    if (bases === undefined) {
      bases = this.#sources.map((source) => (sourceExcludes(source, anchor, 'folder', '') ? anchor : ''));
      this.#bases.set(anchor, bases);
    }
    return bases;
  }

  #gitignoreMatches(path: string, ending: '' | '/', base: string): boolean {
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

/** Whether `source` alone excludes `path` or a folder above it, below `base`. */
function sourceExcludes({ matches }: Source, path: string, kind: 'file' | 'folder', base: string): boolean {
  if (!isInside(path, base)) return false;
  const above = [...parentFolders(path)].filter((folder) => isInside(folder, base)).reverse();
  return above.some((folder) => matches(folder, '/', base)) || matches(path, kind === 'file' ? '' : '/', base);
}

function listSource(name: PatternSource, patterns: readonly string[]): Source {
  const matcher = simpleMatcher(patterns) ?? patternMatcher(patterns);
  return { name, matches: (path, ending, base) => matcher.ignores(relativeTo(path, base) + ending) };
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
