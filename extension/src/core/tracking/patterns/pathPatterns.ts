import { nameOf, parentFolders, parentOf, isAtOrInside } from '../../paths';
import { charsOf, type NamePattern } from './namePattern';
import type { Segment } from './parsePattern';

/** A segment of a pattern that a path may have to match next. */
interface Place {
  /** Undefined for `**`. */
  readonly segment: string | NamePattern | undefined;
  /** The number of the pattern, if it ends here. */
  readonly ends: number | undefined;
  readonly onlyFolders: boolean;
}

/**
 * Patterns of several segments with wildcards. All are matched at once, as a nondeterministic automaton that reads a path
 * segment by segment: a folder's places follow from those of the folder above. So a path takes time in proportion to the
 * number of its segments times the length of all patterns, however many `**` they have, and patterns whose first
 * segments differ from the folder's cost nothing.
 */
export class PathPatterns {
  readonly #places: Place[] = [];
  readonly #start: number[] = [];
  /** The places of the last folder that was asked for, and of those above it. */
  readonly #chain: { readonly folder: string; readonly places: readonly number[] }[] = [];
  /** In which step a place was added last, so that it is added once. */
  readonly #addedIn: number[] = [];
  #step = 1;

  /** Adds the pattern with the number `pattern`, before any query. */
  add(segments: readonly Segment[], pattern: number, onlyFolders: boolean): void {
    const start = this.#places.length;
    for (const [at, segment] of segments.entries()) {
      this.#places.push({
        segment: placeOf(segment),
        ends: at === segments.length - 1 ? pattern : undefined,
        onlyFolders,
      });
    }
    this.#enter(start, this.#start);
  }

  /** The greatest number of a pattern that matches; -1 if none does. */
  lastMatch(path: string, isFolder: boolean): number {
    if (this.#start.length === 0) return -1;
    const name = nameOf(path);
    const chars = charsOf(name);
    let last = -1;
    for (const index of this.#placesIn(parentOf(path) ?? '')) {
      const { segment, ends = -1, onlyFolders } = this.#places[index]!;
      if (ends > last && (isFolder || !onlyFolders) && isName(segment, name, chars)) last = ends;
    }
    return last;
  }

  #placesIn(folder: string): readonly number[] {
    while (this.#chain.length > 0 && !isAtOrInside(folder, this.#chain.at(-1)!.folder)) this.#chain.pop();
    let { folder: known, places } = this.#chain.at(-1) ?? { folder: '', places: this.#start };
    if (known === folder) return places;
    for (const next of [folder, ...parentFolders(folder)].reverse()) {
      if (next.length <= known.length) continue;
      places = this.#after(places, nameOf(next));
      this.#chain.push({ folder: next, places });
      known = next;
    }
    return places;
  }

  /** The places after a folder's name. */
  #after(places: readonly number[], name: string): readonly number[] {
    if (places.length === 0) return places;
    this.#step++;
    const chars = charsOf(name);
    const after: number[] = [];
    for (const index of places) {
      const { segment, ends } = this.#places[index]!;
      if (segment === undefined) this.#enter(index, after);
      else if (ends === undefined && isName(segment, name, chars)) this.#enter(index + 1, after);
    }
    return after;
  }

  /** Adds a place, and those after a `**`, which may match no folder at all. */
  #enter(index: number, places: number[]): void {
    for (let next = index; this.#addedIn[next] !== this.#step; next++) {
      this.#addedIn[next] = this.#step;
      places.push(next);
      if (this.#places[next]!.segment !== undefined) return;
    }
  }
}

function placeOf(segment: Segment): Place['segment'] {
  if (segment === '**') return undefined;
  return 'literal' in segment ? segment.literal : segment;
}

function isName(segment: Place['segment'], name: string, chars: number): boolean {
  return typeof segment === 'string' ? segment === name : segment?.matches(name, chars) === true;
}
