/** What ends a line throughout a text; `mixed` when not all lines end alike. */
type LineEnd = '\n' | '\r\n' | 'mixed';

/** A text in lines that know nothing of what ends them, so that texts compare by what they say. */
export interface Lines {
  readonly hasBom: boolean;
  readonly lines: readonly string[];
  /** Whether the last line is ended as well. */
  readonly isEnded: boolean;
}

/** Three texts whose lines can be compared, and what is to end the lines of what is made of them. */
export interface ComparableLines {
  readonly base: Lines;
  readonly ours: Lines;
  readonly theirs: Lines;
  readonly lineEnd: '\n' | '\r\n';
}

const bom = '\uFEFF';

/** `ours`, but where it is still what `base` was, `theirs`. */
export function changed<T>(base: T, ours: T, theirs: T): T {
  return ours === base ? theirs : ours;
}

/**
 * Splits three texts into lines. A change of all line ends is a change of its own, that no line shows.
 * Invariant: where the texts' line ends cannot be told apart from their lines, each line keeps its own.
 */
export function comparableLines(base: string, ours: string, theirs: string): ComparableLines {
  const lineEnd = commonLineEnd(lineEndOf(base), lineEndOf(ours), lineEndOf(theirs));
  const split = (text: string): Lines => splitLines(text, lineEnd === undefined ? '\n' : (lineEndOf(text) ?? '\n'));
  return { base: split(base), ours: split(ours), theirs: split(theirs), lineEnd: lineEnd ?? '\n' };
}

/**
 * The reverse of splitting. An empty last line is there only by its end, and a first line that begins with a byte
 * order mark only behind one of the text's own, for which its mark would be taken.
 */
export function joinLines({ hasBom, lines, isEnded }: Lines, lineEnd: string): string {
  const ends = lines.length > 0 && (isEnded || lines.at(-1) === '');
  const begins = hasBom || lines[0]?.startsWith(bom) === true;
  return `${begins ? bom : ''}${lines.join(lineEnd)}${ends ? lineEnd : ''}`;
}

function lineEndOf(text: string): LineEnd | undefined {
  const hasPlain = /(?<!\r)\n/.test(text);
  const hasCrlf = text.includes('\r\n');
  if (hasPlain && hasCrlf) return 'mixed';
  return hasCrlf ? '\r\n' : hasPlain ? '\n' : undefined;
}

/** Undefined where the line ends are part of the lines. */
function commonLineEnd(
  base: LineEnd | undefined,
  ours: LineEnd | undefined,
  theirs: LineEnd | undefined,
): '\n' | '\r\n' | undefined {
  if (base === 'mixed' || ours === 'mixed' || theirs === 'mixed') return undefined;
  // A text without an end of line says nothing of how lines end.
  if (ours === undefined || theirs === undefined) return ours ?? theirs ?? base ?? '\n';
  if (ours !== theirs && ours !== base && theirs !== base) return undefined;
  return changed(base, ours, theirs);
}

function splitLines(text: string, lineEnd: string): Lines {
  const hasBom = text.startsWith(bom);
  const lines = (hasBom ? text.slice(bom.length) : text).split(lineEnd);
  const isEnded = lines.at(-1) === '';
  if (isEnded) lines.pop();
  return { hasBom, lines, isEnded: isEnded && lines.length > 0 };
}
