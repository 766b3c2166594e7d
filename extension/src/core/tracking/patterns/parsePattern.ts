import { readCharClass } from './charClass';
import { NamePattern, type NameToken } from './namePattern';

/** `**` as a whole segment matches any number of folders; a text matches the name that it is. */
export type Segment = '**' | { readonly literal: string } | NamePattern;

export interface Pattern {
  /** Begins with `!`. */
  readonly includes: boolean;
  /** Ends with `/`, so it matches no files. */
  readonly onlyFolders: boolean;
  /** A pattern without a `/` before its end has one segment, for a name in any folder: then a `**` comes first. */
  readonly segments: readonly Segment[];
}

/**
 * Reads a line of a `.gitignore`, without its line break. Undefined if it can match nothing, as a comment. Reads it as git's
 * `dir.c` and `wildmatch.c` do, apart from `**` beside other characters in a segment, which is always as good as `*`, as
 * gitignore(5) has it.
 */
export function parsePattern(line: string): Pattern | undefined {
  if (line.startsWith('#')) return undefined;
  const includes = line.startsWith('!');
  const trimmed = withoutEnding(includes ? line.slice(1) : line);
  const onlyFolders = trimmed.endsWith('/');
  const text = onlyFolders ? trimmed.slice(0, -1) : trimmed;
  const isAnchored = text.includes('/');
  const segments = segmentsOf(text.startsWith('/') ? text.slice(1) : text, isAnchored);
  if (segments === undefined) return undefined;
  return { includes, onlyFolders, segments: isAnchored ? segments : ['**', ...segments] };
}

/** Without the spaces at the end that no backslash quotes, and without the line breaks there that a setting may have. */
function withoutEnding(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === '\n' || line[end - 1] === '\r')) end--;
  const last = end;
  while (end > 0 && line[end - 1] === ' ') end--;
  let backslashes = 0;
  while (line[end - backslashes - 1] === '\\') backslashes++;
  return line.slice(0, end < last && backslashes % 2 === 1 ? end + 1 : end);
}

/** The tokens of a segment, between its `*`. */
interface Draft {
  readonly pieces: NameToken[][];
  stars: number;
}

/** Undefined if the pattern matches nothing. */
function segmentsOf(text: string, isAnchored: boolean): Segment[] | undefined {
  const drafts: Draft[] = [{ pieces: [[]], stars: 0 }];
  for (let at = 0; at < text.length; at++) {
    const draft = drafts.at(-1)!;
    const isQuoted = text[at] === '\\';
    const char = text[isQuoted ? ++at : at];
    // A backslash at the end quotes nothing.
    if (char === undefined) return undefined;
    if (char === '/') drafts.push({ pieces: [[]], stars: 0 });
    else if (isQuoted) addLiteral(draft, char);
    else if (char === '*') {
      draft.stars++;
      if (text[at - 1] !== '*' || draft.stars === 1) draft.pieces.push([]);
    } else if (char === '?') draft.pieces.at(-1)!.push('?');
    else if (char === '[') {
      const read = readCharClass(text, at);
      if (read === undefined) return undefined;
      draft.pieces.at(-1)!.push(read.charClass);
      at = read.end - 1;
    } else addLiteral(draft, char);
  }
  if (drafts.some(isEmpty)) return undefined;
  return withoutRepeats(drafts.map((draft) => (isAnchored && isGlobstar(draft) ? '**' : segmentOf(draft))));
}

function addLiteral({ pieces }: Draft, char: string): void {
  const piece = pieces.at(-1)!;
  const last = piece.at(-1);
  if (typeof last === 'object' && 'literal' in last) piece[piece.length - 1] = { literal: last.literal + char };
  else piece.push({ literal: char });
}

/** No path has an empty segment. */
function isEmpty({ pieces, stars }: Draft): boolean {
  return stars === 0 && pieces[0]?.length === 0;
}

function isGlobstar({ pieces, stars }: Draft): boolean {
  return stars > 1 && pieces.length === 2 && pieces.every((piece) => piece.length === 0);
}

function segmentOf({ pieces }: Draft): Segment {
  const [only] = pieces.length === 1 ? pieces[0]! : [];
  const isLiteral = pieces.length === 1 && pieces[0]!.length === 1 && typeof only === 'object' && 'literal' in only;
  return isLiteral ? only : new NamePattern(pieces);
}

/** Several `**` in a row are as good as one. One at the end matches at least one name. */
function withoutRepeats(segments: readonly Segment[]): Segment[] {
  const kept = segments.filter((segment, at) => segment !== '**' || segments[at - 1] !== '**');
  return kept.at(-1) === '**' ? [...kept, new NamePattern([[], []])] : kept;
}
