import { diff3MergeRegions, type IRegion } from 'node-diff3';
import { commonLines } from './commonLines';
import { changed, comparableLines, joinLines } from './textLines';

/** The most that a text may have to be merged. */
export const maxMergeBytes = 1 << 20;
/** Comparisons that one merge may take: about half a second of them. */
const maxComparisons = 300_000_000;

export type UnmergeableReason =
  /** Not UTF-8, or with a NUL: lines mean nothing in it. */
  | 'not-text'
  | 'too-large'
  /** So many lines are the same, or different, that comparing them would take too long. */
  | 'too-complex';

export type TextMerge =
  | { readonly kind: 'merged'; readonly text: string }
  /** `text` has each conflict between markers, with what was agreed on in the middle. */
  | { readonly kind: 'conflict'; readonly text: string; readonly conflicts: number }
  | { readonly kind: 'unmergeable'; readonly reason: UnmergeableReason };

type Text = readonly string[];

interface Sides {
  readonly base: Text;
  readonly ours: Text;
  readonly theirs: Text;
}

const markers = { ours: '<<<<<<< mine', base: '||||||| last synced', theirs: '=======', end: '>>>>>>> server' };
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Merges two texts that were made of `base`, line by line.
 * Invariant: each line that a side added is in the result, whether it is merged or conflicts.
 */
export function mergeText(base: Uint8Array, ours: Uint8Array, theirs: Uint8Array): TextMerge {
  if ([base, ours, theirs].some(({ length }) => length > maxMergeBytes)) return unmergeable('too-large');
  const texts = { base: decoded(base), ours: decoded(ours), theirs: decoded(theirs) };
  if (texts.base === undefined || texts.ours === undefined || texts.theirs === undefined) {
    return unmergeable('not-text');
  }
  // Invariant: a side that stands as it was takes nothing from the other, not even how a line ends.
  if (texts.ours === texts.theirs || texts.theirs === texts.base) return { kind: 'merged', text: texts.ours };
  if (texts.ours === texts.base) return { kind: 'merged', text: texts.theirs };
  return mergeDiffering(texts.base, texts.ours, texts.theirs);
}

/** Whether `text` still has a line that a merge put there for somebody to decide on. */
export function hasConflictMarkers(text: string): boolean {
  return /^\uFEFF?(?:<{7} mine|\|{7} last synced|>{7} server)\r?$/m.test(text);
}

function mergeDiffering(baseText: string, ourText: string, theirText: string): TextMerge {
  const { base, ours, theirs, lineEnd } = comparableLines(baseText, ourText, theirText);
  const lines: string[] = [];
  let conflicts = 0;
  let comparisons = 0;
  let endsInConflict = false;
  for (const part of parts({ base: base.lines, ours: ours.lines, theirs: theirs.lines })) {
    comparisons += cost(part.base, part.ours) + cost(part.base, part.theirs);
    if (comparisons > maxComparisons) return unmergeable('too-complex');
    for (const region of diff3MergeRegions([...part.ours], [...part.base], [...part.theirs])) {
      endsInConflict = isConflict(region);
      if (endsInConflict) conflicts++;
      for (const line of shown(region)) lines.push(line);
    }
    if (part.met !== undefined) {
      lines.push(part.met);
      endsInConflict = false;
    }
  }
  const text = joinLines(
    {
      hasBom: changed(base.hasBom, ours.hasBom, theirs.hasBom),
      lines,
      isEnded: endsInConflict || changed(base.isEnded, ours.isEnded, theirs.isEnded),
    },
    lineEnd,
  );
  return conflicts === 0 ? { kind: 'merged', text } : { kind: 'conflict', text, conflicts };
}

/** What lies between two lines at which the texts meet, with the line after it. */
function* parts({ base, ours, theirs }: Sides): Generator<Sides & { readonly met: string | undefined }> {
  let from = { base: 0, ours: 0, theirs: 0 };
  for (const to of [...commonLines(base, ours, theirs), undefined]) {
    yield {
      base: base.slice(from.base, to?.base),
      ours: ours.slice(from.ours, to?.ours),
      theirs: theirs.slice(from.theirs, to?.theirs),
      met: to === undefined ? undefined : base[to.base],
    };
    if (to !== undefined) from = { base: to.base + 1, ours: to.ours + 1, theirs: to.theirs + 1 };
  }
}

/** The comparisons that the library may make of two texts: pairs of equal lines, times what is equal by then. */
function cost(one: Text, other: Text): number {
  if (one.length === 0 || other.length === 0) return 0;
  const counts = new Map<string, number>();
  for (const line of one) counts.set(line, (counts.get(line) ?? 0) + 1);
  let pairs = 0;
  for (const line of other) pairs += counts.get(line) ?? 0;
  return pairs * Math.min(one.length, other.length);
}

function isConflict(region: IRegion<string>): boolean {
  if (region.stable) return false;
  const { aContent, bContent } = region;
  return aContent.length !== bContent.length || aContent.some((line, i) => line !== bContent[i]);
}

function shown(region: IRegion<string>): Text {
  if (region.stable) return region.bufferContent;
  if (!isConflict(region)) return region.aContent;
  const { aContent, oContent, bContent } = region;
  return [markers.ours, ...aContent, markers.base, ...oContent, markers.theirs, ...bContent, markers.end];
}

function decoded(content: Uint8Array): string | undefined {
  if (content.includes(0)) return undefined;
  try {
    return decoder.decode(content);
  } catch {
    return undefined;
  }
}

function unmergeable(reason: UnmergeableReason): TextMerge {
  return { kind: 'unmergeable', reason };
}
