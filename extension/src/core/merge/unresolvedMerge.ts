import { mergeText } from './mergeText';

/** The three contents of a merge in an editor. */
export interface MergeInputs {
  readonly base: Uint8Array;
  readonly mine: Uint8Array;
  readonly theirs: Uint8Array;
}

/**
 * Whether `text` may still equal `base` in lines that both sides changed. A merge editor starts with such a text, and
 * saving it would drop both changes. False positives are possible: the user may have rejected a change of each side.
 * There are no false negatives; a text that cannot be merged counts as unresolved.
 */
export function mayBeUnresolved({ base, mine, theirs }: MergeInputs, text: string): boolean {
  const encoded = new TextEncoder().encode(text);
  return lacksChange(base, encoded, mine) && lacksChange(base, encoded, theirs);
}

/** Whether a merge of `text` with `side` would still change a line of `text` that equals the base. */
function lacksChange(base: Uint8Array, text: Uint8Array, side: Uint8Array): boolean {
  const merge = mergeText(base, text, side);
  if (merge.kind === 'unmergeable') return true;
  return comparable(resolvedAsMine(merge.text)) !== comparable(new TextDecoder().decode(text));
}

/** The text of a merge with each conflict resolved to its first side. */
function resolvedAsMine(text: string): string {
  return text.replaceAll(/^<{7} mine\r?\n([^]*?)^\|{7} last synced\r?\n[^]*?^>{7} server(?:\r?\n|$)/gm, '$1');
}

/** Editors may change line endings, the byte order mark and the final newline on their own. */
function comparable(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/^\uFEFF/, '')
    .replace(/\n$/, '');
}

/**
 * Whether `text` contains no change of `theirs`, as when the user left the merge and went on editing `mine`. Changes
 * that `mine` made too do not count, nor do lines without letters or digits if `theirs` has other changes. False
 * positives are possible if the user rewrote a line of theirs by hand, or if theirs only moved lines.
 */
export function hasNothingOfTheirs({ base, mine, theirs }: MergeInputs, text: string): boolean {
  const encoded = new TextEncoder().encode(text);
  if (hasAllOfTheirs(base, mine, theirs) || hasAllOfTheirs(base, encoded, theirs)) return false;
  const [inBase, inMine] = [lineCounts(base), lineCounts(mine)];
  const [inTheirs, inText] = [lineCounts(theirs), lineCounts(encoded)];
  const added = [...inTheirs.keys()].filter(
    (line) => count(inTheirs, line) > Math.max(count(inBase, line), count(inMine, line)),
  );
  const removed = [...inBase.keys()].filter(
    (line) => count(inTheirs, line) < Math.min(count(inBase, line), count(inMine, line)),
  );
  const isAdded = (line: string): boolean => count(inText, line) > count(inMine, line);
  const isRemoved = (line: string): boolean => count(inText, line) < count(inMine, line);
  // A removed line proves little, since later edits remove lines too: prefer the lines that theirs added.
  if (added.some(hasWord)) return !added.filter(hasWord).some(isAdded);
  if (removed.some(hasWord)) return !removed.filter(hasWord).some(isRemoved);
  return !added.some(isAdded) && !removed.some(isRemoved);
}

/** Whether a merge of `text` with `theirs` changes nothing in `text`. */
function hasAllOfTheirs(base: Uint8Array, text: Uint8Array, theirs: Uint8Array): boolean {
  const merge = mergeText(base, text, theirs);
  return merge.kind === 'merged' && comparable(merge.text) === comparable(new TextDecoder().decode(text));
}

type LineCounts = ReadonlyMap<string, number>;

/** The number of times that each line occurs in a text, ignoring the white space around it. */
function lineCounts(text: Uint8Array): LineCounts {
  const counts = new Map<string, number>();
  for (const line of comparable(new TextDecoder().decode(text)).split('\n')) {
    const trimmed = line.trim();
    counts.set(trimmed, (counts.get(trimmed) ?? 0) + 1);
  }
  return counts;
}

function count(lines: LineCounts, line: string): number {
  return lines.get(line) ?? 0;
}

function hasWord(line: string): boolean {
  return /[\p{L}\p{N}]/u.test(line);
}
