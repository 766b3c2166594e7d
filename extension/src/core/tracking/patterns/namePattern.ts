import { CharClass } from './charClass';

/** `?`: any one character; a text: these characters. */
export type NameToken = '?' | { readonly literal: string } | CharClass;

/** A part of a pattern between two `*`, which has a fixed length. */
class Piece {
  readonly length: number;
  /** All of it, if it has no wildcards. */
  readonly #literal: string | undefined;
  /** Where each literal and class is in it. */
  readonly #parts: readonly (readonly [at: number, part: string | CharClass])[];

  constructor(tokens: readonly NameToken[]) {
    const parts: [number, string | CharClass][] = [];
    let length = 0;
    for (const token of tokens) {
      if (token === '?') length++;
      else if (token instanceof CharClass) parts.push([length++, token]);
      else {
        parts.push([length, token.literal]);
        length += token.literal.length;
      }
    }
    this.length = length;
    this.#parts = parts;
    const [first] = parts;
    const isLiteral = parts.length === 1 && typeof first?.[1] === 'string' && first[1].length === length;
    this.#literal = isLiteral ? (first[1] as string) : undefined;
  }

  isAt(name: string, start: number): boolean {
    for (const [at, part] of this.#parts) {
      const isMatch =
        typeof part === 'string' ? name.startsWith(part, start + at) : part.matches(name.charCodeAt(start + at));
      if (!isMatch) return false;
    }
    return true;
  }

  /** The first index from `start` at which it is and ends before `end`; -1 if there is none. */
  indexIn(name: string, start: number, end: number): number {
    const last = end - this.length;
    if (this.#literal !== undefined) {
      const at = name.indexOf(this.#literal, start);
      return at > last ? -1 : at;
    }
    for (let at = start; at <= last; at++) if (this.isAt(name, at)) return at;
    return -1;
  }
}

/**
 * A pattern for one name. Takes time in proportion to the length of the name times that of its longest piece between two `*`,
 * because the leftmost place of a piece is as good as any: it leaves the most for the rest.
 */
export class NamePattern {
  /** The fewest characters of a name that it matches. */
  readonly #minLength: number;
  readonly #first: Piece;
  /** The pieces after each `*`. */
  readonly #others: readonly Piece[];
  /** The characters that a name must have, as `charsOf` gives them. */
  readonly #chars: number;

  /** `pieces`: the tokens before, between and after the `*`. */
  constructor(pieces: readonly (readonly NameToken[])[]) {
    const [first = new Piece([]), ...others] = pieces.map((tokens) => new Piece(tokens));
    this.#first = first;
    this.#others = others;
    this.#minLength = others.reduce((sum, { length }) => sum + length, first.length);
    let chars = 0;
    for (const token of pieces.flat())
      if (typeof token === 'object' && 'literal' in token) chars |= charsOf(token.literal);
    this.#chars = chars;
  }

  /** `chars`: `charsOf(name)`. */
  matches(name: string, chars: number): boolean {
    if ((this.#chars & ~chars) !== 0 || name.length < this.#minLength || !this.#first.isAt(name, 0)) return false;
    const last = this.#others.at(-1);
    if (last === undefined) return name.length === this.#minLength;
    const end = name.length - last.length;
    if (!last.isAt(name, end)) return false;
    let at = this.#first.length;
    for (let i = 0; i < this.#others.length - 1; i++) {
      const piece = this.#others[i]!;
      const found = piece.indexIn(name, at, end);
      if (found === -1) return false;
      at = found + piece.length;
    }
    return true;
  }
}

/** Bits for the characters in `text`; characters share them. A text that lacks a bit of a pattern's literals cannot match it. */
export function charsOf(text: string): number {
  let chars = 0;
  for (let i = 0; i < text.length; i++) chars |= 1 << (text.charCodeAt(i) & 31);
  return chars;
}
