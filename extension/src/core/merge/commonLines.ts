/** The index of one common line in each of three texts. */
export interface CommonLine {
  readonly base: number;
  readonly mine: number;
  readonly theirs: number;
}

type Text = readonly string[];

/**
 * Lines that surely correspond to each other in three texts: their common head and tail, and between these the lines
 * that each text has exactly once, in the same order. Only the sections between such lines have to be compared.
 * This is the first step of patience diff (https://bramcohen.livejournal.com/73318.html), for three texts.
 */
export function commonLines(base: Text, mine: Text, theirs: Text): CommonLine[] {
  const shortest = Math.min(base.length, mine.length, theirs.length);
  const areEqual = (b: number, m: number, t: number): boolean => base[b] === mine[m] && base[b] === theirs[t];
  let head = 0;
  while (head < shortest && areEqual(head, head, head)) head++;
  let tail = 0;
  const fromEnd = (tail: number): CommonLine => ({
    base: base.length - tail,
    mine: mine.length - tail,
    theirs: theirs.length - tail,
  });
  while (tail < shortest - head) {
    const next = fromEnd(tail + 1);
    if (!areEqual(next.base, next.mine, next.theirs)) break;
    tail++;
  }
  const headLines = Array.from({ length: head }, (_, i) => ({ base: i, mine: i, theirs: i }));
  const tailLines = Array.from({ length: tail }, (_, i) => fromEnd(tail - i));
  return [...headLines, ...uniqueCommonLines(base, mine, theirs, head, tail), ...tailLines];
}

function uniqueCommonLines(base: Text, mine: Text, theirs: Text, head: number, tail: number): CommonLine[] {
  const [inMine, inTheirs] = [uniqueLines(mine, head, tail), uniqueLines(theirs, head, tail)];
  const common: CommonLine[] = [];
  for (const [line, index] of uniqueLines(base, head, tail)) {
    const [myIndex, theirIndex] = [inMine.get(line), inTheirs.get(line)];
    if (myIndex !== undefined && theirIndex !== undefined) {
      common.push({ base: index, mine: myIndex, theirs: theirIndex });
    }
  }
  // Invariant: each side's order is checked on its own, so that swapping the sides gives the same result.
  const inMyOrder = new Set(longestIncreasing(common, ({ mine }) => mine));
  return longestIncreasing(common, ({ theirs }) => theirs).filter((line) => inMyOrder.has(line));
}

/** The lines that occur exactly once between head and tail, in order, with their indexes. */
function uniqueLines(text: Text, head: number, tail: number): Map<string, number> {
  const indexes = new Map<string, number>();
  const repeated = new Set<string>();
  for (let i = head; i < text.length - tail; i++) {
    const line = text[i] ?? '';
    if (indexes.has(line)) repeated.add(line);
    else indexes.set(line, i);
  }
  for (const line of repeated) indexes.delete(line);
  return indexes;
}

/** A longest increasing subsequence of `lines` by `index`, by patience sorting in O(n log n). */
function longestIncreasing(lines: readonly CommonLine[], index: (line: CommonLine) => number): CommonLine[] {
  interface Link {
    readonly line: CommonLine;
    readonly before: Link | undefined;
  }
  /** The last link of the best subsequence of each length. */
  const ends: Link[] = [];
  for (const line of lines) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (index(ends[middle]!.line) < index(line)) low = middle + 1;
      else high = middle;
    }
    ends[low] = { line, before: ends[low - 1] };
  }
  const longest: CommonLine[] = [];
  for (let link = ends.at(-1); link !== undefined; link = link.before) longest.push(link.line);
  return longest.reverse();
}
