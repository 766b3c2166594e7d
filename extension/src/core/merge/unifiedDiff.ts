import { diffIndices } from 'node-diff3';
import { isText, maxMergeBytes } from './mergeText';

/** The unchanged lines that are shown around a change. */
const contextLines = 3;
/** More comparisons of lines would take too long; then the whole text counts as replaced. */
const maxComparisons = 100_000_000;

interface Replaced {
  readonly from: number;
  readonly fromEnd: number;
  readonly to: number;
  readonly toEnd: number;
}

/** A content, or the hash of one that has more than `maxMergeBytes`, if it is known. */
export type DiffSide = Uint8Array | { readonly hash: string | undefined };

/** A line of a diff: unchanged, removed or added, or a heading. */
export interface DiffLine {
  readonly kind: 'heading' | 'hunk' | 'same' | 'removed' | 'added';
  readonly text: string;
}

/**
 * The difference of two contents in the unified format of diff(1) and git, which patch(1) reads; empty if they are equal. The
 * content is undefined where there is no file. Binary files and large ones are only said to differ.
 */
export function unifiedDiff(path: string, before: DiffSide | undefined, after: DiffSide | undefined): DiffLine[] {
  if (before !== undefined && after !== undefined && areEqual(before, after)) return [];
  const [from, to] = [before ?? new Uint8Array(), after ?? new Uint8Array()];
  const [fromName, toName] = [before && `a/${path}`, after && `b/${path}`].map((name) => name ?? '/dev/null');
  if (!isShown(from) || !isShown(to)) {
    return [{ kind: 'heading', text: `Binary files ${fromName} and ${toName} differ` }];
  }
  const [mine, theirs] = [linesOf(from), linesOf(to)];
  return [
    { kind: 'heading', text: `--- ${fromName}` },
    { kind: 'heading', text: `+++ ${toName}` },
    ...hunks(replacedParts(mine, theirs)).flatMap((hunk) => hunkLines(hunk, mine, theirs)),
  ];
}

function areEqual(one: DiffSide, other: DiffSide): boolean {
  if (one instanceof Uint8Array) return other instanceof Uint8Array && Buffer.compare(one, other) === 0;
  return !(other instanceof Uint8Array) && one.hash !== undefined && one.hash === other.hash;
}

function isShown(side: DiffSide): side is Uint8Array {
  return side instanceof Uint8Array && side.length <= maxMergeBytes && isText(side);
}

/** The lines with their ends, so that a missing end of the last line is a difference. */
function linesOf(content: Uint8Array): string[] {
  const lines = new TextDecoder().decode(content).split(/(?<=\n)/);
  return lines.length === 1 && lines[0] === '' ? [] : lines;
}

function replacedParts(mine: readonly string[], theirs: readonly string[]): Replaced[] {
  const shortest = Math.min(mine.length, theirs.length);
  let head = 0;
  while (head < shortest && mine[head] === theirs[head]) head++;
  let tail = 0;
  while (tail < shortest - head && mine.at(-1 - tail) === theirs.at(-1 - tail)) tail++;
  const [from, to] = [mine.slice(head, mine.length - tail), theirs.slice(head, theirs.length - tail)];
  if (from.length * to.length > maxComparisons) {
    return [{ from: head, fromEnd: head + from.length, to: head, toEnd: head + to.length }];
  }
  return diffIndices(from, to).map(({ buffer1: [start, length], buffer2: [other, otherLength] }) => ({
    from: head + start,
    fromEnd: head + start + length,
    to: head + other,
    toEnd: head + other + otherLength,
  }));
}

/** Changes whose contexts touch are in one hunk. */
function hunks(parts: readonly Replaced[]): Replaced[][] {
  const all: Replaced[][] = [];
  for (const part of parts) {
    const last = all.at(-1)?.at(-1);
    if (last !== undefined && part.from - last.fromEnd <= 2 * contextLines) all.at(-1)?.push(part);
    else all.push([part]);
  }
  return all;
}

function hunkLines(parts: readonly Replaced[], mine: readonly string[], theirs: readonly string[]): DiffLine[] {
  const [first, last] = [parts[0], parts.at(-1)];
  if (first === undefined || last === undefined) return [];
  const lead = Math.min(contextLines, first.from);
  const start = first.from - lead;
  const end = Math.min(mine.length, last.fromEnd + contextLines);
  const otherStart = first.to - lead;
  const otherEnd = last.toEnd + (end - last.fromEnd);
  const heading: DiffLine = { kind: 'hunk', text: `@@ -${range(start, end)} +${range(otherStart, otherEnd)} @@` };
  const changed = parts.flatMap(({ from, fromEnd, to, toEnd }, index) => [
    ...marked('same', ' ', mine.slice(parts[index - 1]?.fromEnd ?? start, from)),
    ...marked('removed', '-', mine.slice(from, fromEnd)),
    ...marked('added', '+', theirs.slice(to, toEnd)),
  ]);
  return [heading, ...changed, ...marked('same', ' ', mine.slice(last.fromEnd, end))];
}

/** An empty range names the line before it. */
function range(start: number, end: number): string {
  return end - start === 1 ? `${start + 1}` : `${end === start ? start : start + 1},${end - start}`;
}

function marked(kind: DiffLine['kind'], mark: string, lines: readonly string[]): DiffLine[] {
  return lines.flatMap((line): DiffLine[] =>
    line.endsWith('\n')
      ? [{ kind, text: `${mark}${line.slice(0, -1)}` }]
      : [
          { kind, text: `${mark}${line}` },
          { kind, text: '\\ No newline at end of file' },
        ],
  );
}
