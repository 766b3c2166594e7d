/** One of the characters in a bracket expression, such as `[a-z]`. Code units, as JavaScript's strings have them. */
export class CharClass {
  readonly #isNegated: boolean;
  /** Which ASCII characters match, 32 to a number. */
  readonly #ascii = new Uint32Array(4);
  /** Pairs of the first and the last of several code units beyond ASCII. */
  readonly #ranges: number[] = [];

  constructor(ranges: Iterable<readonly [from: number, to: number]>, isNegated: boolean) {
    this.#isNegated = isNegated;
    for (const [from, to] of ranges) {
      for (let code = from; code <= Math.min(to, 127); code++) this.#ascii[code >> 5]! |= 1 << (code & 31);
      if (to > 127) this.#ranges.push(Math.max(from, 128), to);
    }
  }

  matches(code: number): boolean {
    return this.#has(code) !== this.#isNegated;
  }

  #has(code: number): boolean {
    if (code < 128) return ((this.#ascii[code >> 5]! >>> (code & 31)) & 1) === 1;
    for (let at = 0; at < this.#ranges.length; at += 2) {
      if (code >= this.#ranges[at]! && code <= this.#ranges[at + 1]!) return true;
    }
    return false;
  }
}

/** git's own classes, which are ASCII only. */
const namedClasses: ReadonlyMap<string, string> = new Map([
  ['alnum', '09AZaz'],
  ['alpha', 'AZaz'],
  ['blank', '  \t\t'],
  ['cntrl', '\0\x1f\x7f\x7f'],
  ['digit', '09'],
  ['graph', '!~'],
  ['lower', 'az'],
  ['print', ' ~'],
  ['punct', '!/:@[`{~'],
  ['space', '  \t\n\r\r'],
  ['upper', 'AZ'],
  ['xdigit', '09AFaf'],
]);

/**
 * Reads the bracket expression at `start` of `text`, as git's `wildmatch.c` does. `end` is the index after it. Undefined if it
 * is not terminated or names an unknown class, so that its pattern matches nothing.
 */
export function readCharClass(
  text: string,
  start: number,
): { readonly charClass: CharClass; readonly end: number } | undefined {
  const ranges: [number, number][] = [];
  const isNegated = text[start + 1] === '!' || text[start + 1] === '^';
  let at = start + (isNegated ? 2 : 1);
  /** A `-` after it starts a range from it. */
  let previous: number | undefined;
  do {
    const member = memberAt(text, at, previous);
    if (member === undefined) return undefined;
    ranges.push(...member.ranges);
    previous = member.previous;
    at = member.end;
  } while (text[at] !== ']');
  return { charClass: new CharClass(ranges, isNegated), end: at + 1 };
}

interface Member {
  readonly ranges: readonly [number, number][];
  readonly end: number;
  readonly previous: number | undefined;
}

function memberAt(text: string, at: number, previous: number | undefined): Member | undefined {
  if (text[at] === '-' && previous !== undefined && at + 1 < text.length && text[at + 1] !== ']') {
    const to = text[at + 1] === '\\' ? at + 2 : at + 1;
    if (to >= text.length) return undefined;
    const last = text.charCodeAt(to);
    return { ranges: previous <= last ? [[previous, last]] : [], end: to + 1, previous: undefined };
  }
  if (text.startsWith('[:', at)) {
    const end = text.indexOf(']', at + 2);
    if (end === -1) return undefined;
    if (end > at + 2 && text[end - 1] === ':') return namedClass(text.slice(at + 2, end - 1), end + 1);
  }
  const literal = text[at] === '\\' ? at + 1 : at;
  if (literal >= text.length) return undefined;
  const code = text.charCodeAt(literal);
  return { ranges: [[code, code]], end: literal + 1, previous: code };
}

function namedClass(name: string, end: number): Member | undefined {
  const bounds = namedClasses.get(name);
  if (bounds === undefined) return undefined;
  const ranges: [number, number][] = [];
  for (let at = 0; at < bounds.length; at += 2) ranges.push([bounds.charCodeAt(at), bounds.charCodeAt(at + 1)]);
  return { ranges, end, previous: undefined };
}
