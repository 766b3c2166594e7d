import { charsOf, NamePattern } from './namePattern';
import { parsePattern, type Segment } from './parsePattern';
import { PathPatterns } from './pathPatterns';

/**
 * A list of gitignore's patterns, of which the last that matches a path decides. The time for a path grows in proportion to
 * the length of the list at most, and for patterns without wildcards not at all.
 */
export class PatternList {
  /** Whether each pattern begins with `!`. */
  readonly #includes: boolean[] = [];
  /** The number of the last pattern for a path without wildcards; with a `/` at its end, for folders only. */
  readonly #paths = new Map<string, number>();
  /** The same for the ending of a path, from a `/` on or the whole path. */
  readonly #endings = new Map<string, number>();
  /** The most segments of such an ending. */
  #endingSegments = 0;
  /** Patterns with wildcards for the names in any folder, in their order. */
  readonly #names: { readonly pattern: NamePattern; readonly number: number; readonly onlyFolders: boolean }[] = [];
  readonly #others = new PathPatterns();

  constructor(lines: Iterable<string>) {
    for (const line of lines) {
      const pattern = parsePattern(line);
      if (pattern === undefined) continue;
      this.#add(pattern.segments, this.#includes.push(pattern.includes) - 1, pattern.onlyFolders);
    }
  }

  /** Whether the last pattern that matches `path` itself excludes it or includes it; undefined if none matches. */
  verdict(path: string, kind: 'file' | 'folder'): 'excluded' | 'included' | undefined {
    const isFolder = kind === 'folder';
    let last = Math.max(lastIn(this.#paths, path, isFolder), this.#lastEnding(path, isFolder));
    last = Math.max(last, this.#others.lastMatch(path, isFolder));
    last = Math.max(last, this.#lastName(path, isFolder, last));
    return last === -1 ? undefined : this.#includes[last] === true ? 'included' : 'excluded';
  }

  #add(segments: readonly Segment[], number: number, onlyFolders: boolean): void {
    const isAtAnyDepth = segments[0] === '**';
    const own = isAtAnyDepth ? segments.slice(1) : segments;
    const [only] = own;
    if (own.every(isLiteral)) {
      const path = own.map(({ literal }) => literal).join('/') + (onlyFolders ? '/' : '');
      if (isAtAnyDepth) this.#endingSegments = Math.max(this.#endingSegments, own.length);
      (isAtAnyDepth ? this.#endings : this.#paths).set(path, number);
    } else if (isAtAnyDepth && own.length === 1 && only instanceof NamePattern) {
      this.#names.push({ pattern: only, number, onlyFolders });
    } else this.#others.add(segments, number, onlyFolders);
  }

  #lastEnding(path: string, isFolder: boolean): number {
    let last = -1;
    let start = path.length + 1;
    for (let count = 0; count < this.#endingSegments && start > 0; count++) {
      start = start === 1 ? 0 : path.lastIndexOf('/', start - 2) + 1;
      last = Math.max(last, lastIn(this.#endings, path.slice(start), isFolder));
    }
    return last;
  }

  /** A number greater than `above`; -1 if there is none. */
  #lastName(path: string, isFolder: boolean, above: number): number {
    if (this.#names.length === 0) return -1;
    const name = path.slice(path.lastIndexOf('/') + 1);
    const chars = charsOf(name);
    for (let i = this.#names.length - 1; i >= 0; i--) {
      const { pattern, number, onlyFolders } = this.#names[i]!;
      if (number <= above) return -1;
      if ((isFolder || !onlyFolders) && pattern.matches(name, chars)) return number;
    }
    return -1;
  }
}

function isLiteral(segment: Segment): segment is { readonly literal: string } {
  return typeof segment === 'object' && 'literal' in segment;
}

function lastIn(numbers: ReadonlyMap<string, number>, path: string, isFolder: boolean): number {
  if (numbers.size === 0) return -1;
  const forAll = numbers.get(path) ?? -1;
  return isFolder ? Math.max(forAll, numbers.get(`${path}/`) ?? -1) : forAll;
}
