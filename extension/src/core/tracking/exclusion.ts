import ignore, { type Ignore } from 'ignore';
import { parentFolders, isInside, parentOf, relativeTo } from '../paths';

/** A `.gitignore` file's patterns, which count from the folder it stands in. */
interface Level {
  readonly folder: string;
  readonly patterns: Ignore;
}

/**
 * What gitignore-style patterns leave out. Folders are written with a `/` at their end, as gitignore has it.
 * Invariant: nothing in an excluded folder is taken in again by a pattern, as with git.
 */
export class Exclusion {
  private readonly configured: Pick<Ignore, 'ignores'>;
  private readonly levels = new Map<string, Level>();
  private readonly folders = new Map<string, boolean>();

  constructor(patterns: readonly string[], gitignores: Iterable<readonly [folder: string, content: string]>) {
    this.configured = namesOf(patterns) ?? patternsOf(patterns);
    for (const [folder, content] of gitignores) this.addGitignore(folder, content);
  }

  /** Takes in the `.gitignore` of `folder`; what was asked about that folder before is not told again. */
  addGitignore(folder: string, content: string): void {
    this.levels.set(folder, { folder, patterns: patternsOf(content.replace(/^\uFEFF/, '')) });
    for (const known of this.folders.keys()) {
      if (isInside(known.slice(known.indexOf('\0') + 1), folder)) this.folders.delete(known);
    }
  }

  /** Whether the file `path` is left out, when patterns above `base` count from `base`. */
  excludesFile(path: string, base: string): boolean {
    const folder = parentOf(path);
    if (folder === undefined) return false;
    return this.excludesFolder(folder, base) || this.matches(path, '', base);
  }

  /** The same for a folder. The base itself is never left out. */
  excludesFolder(path: string, base: string): boolean {
    if (!isInside(path, base)) return false;
    const key = `${base}\0${path}`;
    const known = this.folders.get(key);
    if (known !== undefined) return known;
    const above = this.excludesFolder(parentOf(path) ?? '', base);
    const result = above || this.matches(path, '/', base);
    this.folders.set(key, result);
    return result;
  }

  /** Whether a pattern names `path` itself, given that no folder above it is left out. */
  private matches(path: string, ending: '' | '/', base: string): boolean {
    if (this.configured.ignores(relativeTo(base, path) + ending)) return true;
    if (this.levels.size === 0) return false;
    for (const folder of [...parentFolders(path), '']) {
      const level = this.levels.get(folder);
      if (level === undefined) continue;
      // The nearest `.gitignore` that says anything decides.
      const from = folder === base || isInside(folder, base) ? folder : base;
      const result = level.patterns.test(relativeTo(from, path) + ending);
      if (result.ignored) return true;
      if (result.unignored) return false;
    }
    return false;
  }
}

/**
 * Patterns that only name files or folders, as most do, without a pattern's machinery: of a hundred thousand paths that
 * took more than to look at them. Undefined where one does more.
 */
function namesOf(patterns: readonly string[]): Pick<Ignore, 'ignores'> | undefined {
  if (!patterns.every((pattern) => /^[\w.-]+\/?$/.test(pattern))) return undefined;
  const names = new Set(patterns.flatMap((pattern) => (pattern.endsWith('/') ? [pattern] : [pattern, `${pattern}/`])));
  return { ignores: (path) => names.has(path.slice(path.lastIndexOf('/', path.length - 2) + 1)) };
}

/** Of a text, each line is a pattern. */
function patternsOf(patterns: string | readonly string[]): Ignore {
  return ignore({ ignorecase: false }).add(patterns);
}
