import { isAtOrInside, isInside, parentFolders, parentOf, relativeTo } from '../paths';
import { ignoreFileName, sharedSettingsName, type SharedFile } from '../sharedFiles';
import { compiledPatterns } from './patterns/compiledPatterns';
import type { PatternList } from './patterns/patternList';
import type { SharedExclude } from './sharedRules';

/** Where patterns come from. */
export type PatternSource = 'setting' | SharedFile | 'gitignore';

interface Source {
  readonly name: PatternSource;
  /**
   * Whether the patterns exclude `path` itself, with patterns from folders above `base` relative to `base`. The folders above it
   * were tested before.
   */
  readonly matches: (path: string, kind: 'file' | 'folder', base: string) => boolean;
}

/**
 * The paths that gitignore-style patterns exclude. A path is excluded if the setting, a file of the shared rules, or a
 * `.gitignore` says so: none of them includes what another one excludes.
 *
 * The paths in a folder that is tracked by name, the anchor, are matched relative to it by the sources that exclude the
 * anchor itself.
 * Invariant: one source alone decides what its patterns are relative to, so more patterns of another one include nothing.
 * Invariant: as with git, no pattern includes a path again if a folder above it is excluded.
 */
export class Exclusion {
  readonly #sources: readonly Source[];
  /** The patterns of the `.gitignore` files, by their folder. */
  readonly #levels = new Map<string, PatternList>();
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
    const texts = [
      ['setting', patterns.join('\n')],
      [ignoreFileName, content],
      [sharedSettingsName, exclude.join('\n')],
    ] as const;
    this.#sources = [
      ...texts.filter(([, text]) => text !== '').map(([name, text]) => textSource(name, text)),
      { name: 'gitignore', matches: (path, kind, base) => this.#gitignoreMatches(path, kind, base) },
    ];
    for (const [folder, content] of gitignores) this.addGitignore(folder, content);
  }

  /** Adds the `.gitignore` of `folder` and forgets earlier results for paths in it. */
  addGitignore(folder: string, content: string): void {
    this.#levels.set(folder, compiledPatterns(content));
    this.#bases.clear();
    for (const known of this.#folderResults.keys()) {
      if (isInside(known.slice(known.indexOf('\0') + 1), folder)) this.#folderResults.delete(known);
    }
  }

  /** Whether the file `path`, which is in the folder `anchor` or is the anchor itself, is excluded. */
  excludesFile(path: string, anchor: string): boolean {
    const folder = parentOf(path);
    if (folder === undefined) return false;
    return this.excludesFolder(folder, anchor) || this.#matches(path, 'file', anchor);
  }

  /** Like `excludesFile`, for a folder. The anchor itself is never excluded. */
  excludesFolder(path: string, anchor: string): boolean {
    if (!isInside(path, anchor)) return false;
    const key = `${anchor}\0${path}`;
    const known = this.#folderResults.get(key);
    if (known !== undefined) return known;
    const isParentExcluded = this.excludesFolder(parentOf(path) ?? '', anchor);
    const result = isParentExcluded || this.#matches(path, 'folder', anchor);
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

  #matches(path: string, kind: 'file' | 'folder', anchor: string): boolean {
    const bases = this.#basesOf(anchor);
    return this.#sources.some(({ matches }, at) => matches(path, kind, bases[at] ?? ''));
  }

  #basesOf(anchor: string): readonly string[] {
    let bases = this.#bases.get(anchor);
    if (bases === undefined) {
      bases = this.#sources.map((source) => (sourceExcludes(source, anchor, 'folder', '') ? anchor : ''));
      this.#bases.set(anchor, bases);
    }
    return bases;
  }

  #gitignoreMatches(path: string, kind: 'file' | 'folder', base: string): boolean {
    if (this.#levels.size === 0) return false;
    for (const folder of [...parentFolders(path), '']) {
      const level = this.#levels.get(folder);
      if (level === undefined) continue;
      // The nearest `.gitignore` with a matching pattern decides.
      const from = isAtOrInside(folder, base) ? folder : base;
      const verdict = level.verdict(relativeTo(path, from), kind);
      if (verdict !== undefined) return verdict === 'excluded';
    }
    return false;
  }
}

/** Whether `source` alone excludes `path` or a folder above it, below `base`. */
function sourceExcludes({ matches }: Source, path: string, kind: 'file' | 'folder', base: string): boolean {
  if (!isInside(path, base)) return false;
  const above = [...parentFolders(path)].filter((folder) => isInside(folder, base)).reverse();
  return above.some((folder) => matches(folder, 'folder', base)) || matches(path, kind, base);
}

function textSource(name: PatternSource, text: string): Source {
  const list = compiledPatterns(text);
  return { name, matches: (path, kind, base) => list.verdict(relativeTo(path, base), kind) === 'excluded' };
}
