import { diff3MergeRegions, type IRegion } from 'node-diff3';
import { commonLines } from './commonLines';
import { comparableLines, joinLines, mergeValue } from './textLines';

/** Texts with more bytes are not merged. */
export const maxMergeBytes = 1 << 20;
/** The maximum number of line comparisons in one merge. They take about half a second. */
const maxComparisons = 300_000_000;

type UnmergeableReason =
  /** Not UTF-8, or with a NUL: a binary file. */
  | 'not-text'
  | 'too-large'
  /** Comparing the lines would take too long: see `maxComparisons`. */
  | 'too-complex';

export type TextMerge =
  | { readonly kind: 'merged'; readonly text: string }
  /** `text` has each conflict between markers, with the base in the middle, as in git's diff3 style. */
  | { readonly kind: 'conflict'; readonly text: string; readonly conflicts: number }
  | { readonly kind: 'unmergeable'; readonly reason: UnmergeableReason };

type Text = readonly string[];

interface Sides {
  readonly base: Text;
  readonly mine: Text;
  readonly theirs: Text;
}

const markers = { mine: '<<<<<<< mine', base: '||||||| last synced', theirs: '=======', end: '>>>>>>> server' };
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Merges two edited versions of `base`, line by line, with the diff3 algorithm
 * (https://www.cis.upenn.edu/~bcpierce/papers/diff3-short.pdf).
 * Invariant: each line that a side added is in the result, merged or in a conflict.
 */
export function mergeText(base: Uint8Array, mine: Uint8Array, theirs: Uint8Array): TextMerge {
  if ([base, mine, theirs].some(({ length }) => length > maxMergeBytes)) return unmergeable('too-large');
  const texts = { base: decoded(base), mine: decoded(mine), theirs: decoded(theirs) };
  if (texts.base === undefined || texts.mine === undefined || texts.theirs === undefined) {
    return unmergeable('not-text');
  }
  // Invariant: if a side is unchanged, the result is the other side, byte for byte.
  if (texts.mine === texts.theirs || texts.theirs === texts.base) return { kind: 'merged', text: texts.mine };
  if (texts.mine === texts.base) return { kind: 'merged', text: texts.theirs };
  return mergeDiffering(texts.base, texts.mine, texts.theirs);
}

/** Whether a content is UTF-8 without a NUL. */
export function isText(content: Uint8Array): boolean {
  return decoded(content) !== undefined;
}

/** Whether `text` still has a conflict marker that `mergeText` wrote. */
export function hasConflictMarkers(text: string): boolean {
  return /^\uFEFF?(?:<{7} mine|\|{7} last synced|>{7} server)\r?$/m.test(text);
}

function mergeDiffering(baseText: string, myText: string, theirText: string): TextMerge {
  const { base, mine, theirs, lineEnding } = comparableLines(baseText, myText, theirText);
  const lines: string[] = [];
  let conflicts = 0;
  let comparisons = 0;
  let endsInConflict = false;
  for (const section of sections({ base: base.lines, mine: mine.lines, theirs: theirs.lines })) {
    comparisons += cost(section.base, section.mine) + cost(section.base, section.theirs);
    if (comparisons > maxComparisons) return unmergeable('too-complex');
    for (const region of diff3MergeRegions([...section.mine], [...section.base], [...section.theirs])) {
      endsInConflict = isConflict(region);
      if (endsInConflict) conflicts++;
      for (const line of linesOf(region)) lines.push(line);
    }
    if (section.commonLine !== undefined) {
      lines.push(section.commonLine);
      endsInConflict = false;
    }
  }
  const text = joinLines(
    {
      hasBom: mergeValue(base.hasBom, mine.hasBom, theirs.hasBom),
      lines,
      isTerminated: endsInConflict || mergeValue(base.isTerminated, mine.isTerminated, theirs.isTerminated),
    },
    lineEnding,
  );
  return conflicts === 0 ? { kind: 'merged', text } : { kind: 'conflict', text, conflicts };
}

/** The sections between common lines, each with the common line that ends it. */
function* sections({ base, mine, theirs }: Sides): Generator<Sides & { readonly commonLine: string | undefined }> {
  let from = { base: 0, mine: 0, theirs: 0 };
  for (const to of [...commonLines(base, mine, theirs), undefined]) {
    yield {
      base: base.slice(from.base, to?.base),
      mine: mine.slice(from.mine, to?.mine),
      theirs: theirs.slice(from.theirs, to?.theirs),
      commonLine: to === undefined ? undefined : base[to.base],
    };
    if (to !== undefined) from = { base: to.base + 1, mine: to.mine + 1, theirs: to.theirs + 1 };
  }
}

/** An upper bound on the library's comparisons: pairs of equal lines, times the longest possible common subsequence. */
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

function linesOf(region: IRegion<string>): Text {
  if (region.stable) return region.bufferContent;
  if (!isConflict(region)) return region.aContent;
  const { aContent, oContent, bContent } = region;
  return [markers.mine, ...aContent, markers.base, ...oContent, markers.theirs, ...bContent, markers.end];
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
