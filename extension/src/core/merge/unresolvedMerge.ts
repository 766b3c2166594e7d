import { mergeText } from './mergeText';

export interface MergeInputs {
  readonly base: Uint8Array;
  readonly mine: Uint8Array;
  readonly theirs: Uint8Array;
}

/**
 * Whether `text` may still be as `base` is where both sides changed it: a merge editor begins so, and saving it
 * then would drop what both did. It may say so of a text in which a change of each side was refused, and never
 * says the contrary of one that is not decided; what cannot be compared counts as not decided.
 */
export function mayBeUnresolved({ base, mine, theirs }: MergeInputs, text: string): boolean {
  const encoded = new TextEncoder().encode(text);
  return takesFrom(base, encoded, mine) && takesFrom(base, encoded, theirs);
}

/** Whether a merge of the text with `side` would bring something that the text left as it was. */
function takesFrom(base: Uint8Array, text: Uint8Array, side: Uint8Array): boolean {
  const merge = mergeText(base, text, side);
  if (merge.kind === 'unmergeable') return true;
  return comparable(withoutTheirs(merge.text)) !== comparable(new TextDecoder().decode(text));
}

/** The text of a merge with the first side of each of its conflicts. */
function withoutTheirs(text: string): string {
  return text.replaceAll(/^<{7} mine\r?\n([^]*?)^\|{7} last synced\r?\n[^]*?^>{7} server(?:\r?\n|$)/gm, '$1');
}

/** Line ends are the editor's business. */
function comparable(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/^\uFEFF/, '')
    .replace(/\n$/, '');
}

/**
 * Whether none of what `theirs` did is in `text`, as when a merge was left and the file of mine was edited on. What
 * mine has of theirs does not count, nor do blank lines or brackets, where theirs did more. It may say so of a text
 * in which a line of theirs was written anew by hand, and of one in which only the order of lines is theirs.
 */
export function hasNothingOfTheirs({ base, mine, theirs }: MergeInputs, text: string): boolean {
  const encoded = new TextEncoder().encode(text);
  const isDone = (one: Uint8Array): boolean => {
    const merge = mergeText(base, one, theirs);
    return merge.kind === 'merged' && comparable(merge.text) === comparable(new TextDecoder().decode(one));
  };
  if (isDone(mine) || isDone(encoded)) return false;
  const counts = { base: counted(base), mine: counted(mine), theirs: counted(theirs), text: counted(encoded) };
  const of = (side: keyof typeof counts, line: string): number => counts[side].get(line) ?? 0;
  const added = [...counts.theirs.keys()].filter(
    (line) => of('theirs', line) > Math.max(of('base', line), of('mine', line)),
  );
  const removed = [...counts.base.keys()].filter(
    (line) => of('base', line) > of('theirs', line) && of('mine', line) > of('theirs', line),
  );
  const isAdded = (line: string): boolean => of('text', line) > of('mine', line);
  const isRemoved = (line: string): boolean => of('text', line) < of('mine', line);
  // A line of mine may have gone for other reasons: where theirs wrote something, that is what is looked for.
  if (added.some(saysSomething)) return !added.filter(saysSomething).some(isAdded);
  if (removed.some(saysSomething)) return !removed.filter(saysSomething).some(isRemoved);
  return !added.some(isAdded) && !removed.some(isRemoved);
}

/** How often each line stands in a text, without what is around it. */
function counted(text: Uint8Array): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of comparable(new TextDecoder().decode(text)).split('\n')) {
    const trimmed = line.trim();
    counts.set(trimmed, (counts.get(trimmed) ?? 0) + 1);
  }
  return counts;
}

function saysSomething(line: string): boolean {
  return /[\p{L}\p{N}]/u.test(line);
}
