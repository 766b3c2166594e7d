/** The line ending of a whole text; `mixed` if its lines end differently. */
type LineEnding = '\n' | '\r\n' | 'mixed';

/** A text as lines without their endings, so that lines with different endings can be equal. */
export interface Lines {
  readonly hasBom: boolean;
  readonly lines: readonly string[];
  /** Whether the last line has an ending. */
  readonly isTerminated: boolean;
}

/** Three texts whose lines can be compared, and the line ending for the merged text. */
export interface ComparableLines {
  readonly base: Lines;
  readonly mine: Lines;
  readonly theirs: Lines;
  readonly lineEnding: '\n' | '\r\n';
}

const bom = '\uFEFF';

/** Merges a single value: mine if it differs from the base, otherwise theirs. */
export function mergeValue<T>(base: T, mine: T, theirs: T): T {
  return mine === base ? theirs : mine;
}

/**
 * Splits three texts into lines. A change of all line endings shows in `lineEnding` and in no line.
 * Invariant: if the endings are mixed or cannot be merged, each line keeps its carriage return as part of its text.
 */
export function comparableLines(base: string, mine: string, theirs: string): ComparableLines {
  const merged = mergedLineEnding(lineEndingOf(base), lineEndingOf(mine), lineEndingOf(theirs));
  const split = (text: string): Lines => splitLines(text, merged === undefined ? '\n' : (lineEndingOf(text) ?? '\n'));
  return { base: split(base), mine: split(mine), theirs: split(theirs), lineEnding: merged ?? '\n' };
}

/**
 * The reverse of splitting. An empty last line always gets its ending, without which it would not exist. A first line
 * that begins with a byte order mark gets another one before it, since readers strip the first mark.
 */
export function joinLines({ hasBom, lines, isTerminated }: Lines, lineEnding: string): string {
  const isEnded = lines.length > 0 && (isTerminated || lines.at(-1) === '');
  const beginsWithBom = hasBom || lines[0]?.startsWith(bom) === true;
  return `${beginsWithBom ? bom : ''}${lines.join(lineEnding)}${isEnded ? lineEnding : ''}`;
}

function lineEndingOf(text: string): LineEnding | undefined {
  const hasLf = /(?<!\r)\n/.test(text);
  const hasCrlf = text.includes('\r\n');
  if (hasLf && hasCrlf) return 'mixed';
  return hasCrlf ? '\r\n' : hasLf ? '\n' : undefined;
}

/** Undefined if the line endings have to be compared as part of the lines. */
function mergedLineEnding(
  base: LineEnding | undefined,
  mine: LineEnding | undefined,
  theirs: LineEnding | undefined,
): '\n' | '\r\n' | undefined {
  if (base === 'mixed' || mine === 'mixed' || theirs === 'mixed') return undefined;
  // A text without line endings does not decide.
  if (mine === undefined || theirs === undefined) return mine ?? theirs ?? base ?? '\n';
  if (mine !== theirs && mine !== base && theirs !== base) return undefined;
  return mergeValue(base, mine, theirs);
}

function splitLines(text: string, lineEnding: string): Lines {
  const hasBom = text.startsWith(bom);
  const lines = (hasBom ? text.slice(bom.length) : text).split(lineEnding);
  const isTerminated = lines.at(-1) === '';
  if (isTerminated) lines.pop();
  return { hasBom, lines, isTerminated: isTerminated && lines.length > 0 };
}
