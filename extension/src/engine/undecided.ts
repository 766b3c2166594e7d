import { mergeText } from './merge';

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
export function mayBeUndecided({ base, mine, theirs }: MergeInputs, text: string): boolean {
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
