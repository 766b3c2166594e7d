/** Where one line stands in each of three texts. */
export interface CommonLine {
  readonly base: number;
  readonly ours: number;
  readonly theirs: number;
}

type Text = readonly string[];

/**
 * Lines at which three texts surely meet: those at the beginning and end that all have, and between these the
 * ones that each has exactly once, in one order. So only what lies between two of them has to be compared.
 */
export function commonLines(base: Text, ours: Text, theirs: Text): CommonLine[] {
  const shortest = Math.min(base.length, ours.length, theirs.length);
  const meets = (b: number, o: number, t: number): boolean => base[b] === ours[o] && base[b] === theirs[t];
  let head = 0;
  while (head < shortest && meets(head, head, head)) head++;
  let tail = 0;
  const fromEnd = (tail: number): CommonLine => ({
    base: base.length - tail,
    ours: ours.length - tail,
    theirs: theirs.length - tail,
  });
  while (tail < shortest - head) {
    const next = fromEnd(tail + 1);
    if (!meets(next.base, next.ours, next.theirs)) break;
    tail++;
  }
  const heads = Array.from({ length: head }, (_, i) => ({ base: i, ours: i, theirs: i }));
  const tails = Array.from({ length: tail }, (_, i) => fromEnd(tail - i));
  return [...heads, ...between(base, ours, theirs, head, tail), ...tails];
}

function between(base: Text, ours: Text, theirs: Text, head: number, tail: number): CommonLine[] {
  const [inOurs, inTheirs] = [onceIn(ours, head, tail), onceIn(theirs, head, tail)];
  const shared: CommonLine[] = [];
  for (const [line, at] of onceIn(base, head, tail)) {
    const [mine, other] = [inOurs.get(line), inTheirs.get(line)];
    if (mine !== undefined && other !== undefined) shared.push({ base: at, ours: mine, theirs: other });
  }
  // Invariant: each side's order is looked at by itself, so that the result is the same with the sides swapped.
  const kept = new Set(rising(shared, ({ ours }) => ours));
  return rising(shared, ({ theirs }) => theirs).filter((anchor) => kept.has(anchor));
}

/** The lines that stand exactly once between head and tail, in order, with where they stand. */
function onceIn(text: Text, head: number, tail: number): Map<string, number> {
  const found = new Map<string, number>();
  const repeated = new Set<string>();
  for (let i = head; i < text.length - tail; i++) {
    const line = text[i] ?? '';
    if (found.has(line)) repeated.add(line);
    else found.set(line, i);
  }
  for (const line of repeated) found.delete(line);
  return found;
}

/** A longest part of `anchors` whose `place` only rises. */
function rising(anchors: readonly CommonLine[], place: (anchor: CommonLine) => number): CommonLine[] {
  interface Link {
    readonly anchor: CommonLine;
    readonly before: Link | undefined;
  }
  const ends: Link[] = [];
  for (const anchor of anchors) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (place(ends[middle]!.anchor) < place(anchor)) low = middle + 1;
      else high = middle;
    }
    ends[low] = { anchor, before: ends[low - 1] };
  }
  const longest: CommonLine[] = [];
  for (let link = ends.at(-1); link !== undefined; link = link.before) longest.push(link.anchor);
  return longest.reverse();
}
