import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuTimeMs } from '../testing/cpuTime';
import { hasConflictMarkers, maxMergeBytes, mergeText, type TextMerge } from './mergeText';

const utf8 = new TextEncoder();

function merge(base: string, mine: string, theirs: string): TextMerge {
  return mergeText(utf8.encode(base), utf8.encode(mine), utf8.encode(theirs));
}

const merged = (text: string): TextMerge => ({ kind: 'merged', text });

function conflict(...lines: string[]): TextMerge {
  return { kind: 'conflict', text: lines.map((line) => `${line}\n`).join(''), conflicts: 1 };
}

describe('mergeText', () => {
  it('merges edits of different lines', () => {
    expect(merge('a\nb\nc\n', 'A\nb\nc\n', 'a\nb\nC\n')).toEqual(merged('A\nb\nC\n'));
    expect(merge('a\nb\nc\n', 'x\na\nb\nc\n', 'a\nb\n')).toEqual(merged('x\na\nb\n'));
  });

  it('takes an edit only once if both sides made it', () => {
    expect(merge('a\nb\nc\n', 'A\nb\nc\n', 'A\nb\nC\n')).toEqual(merged('A\nb\nC\n'));
  });

  it('shows all three versions of a line that both sides edited', () => {
    expect(merge('a\nb\nc\n', 'a\n1\nc\n', 'a\n2\nc\n')).toEqual(
      conflict('a', '<<<<<<< mine', '1', '||||||| last synced', 'b', '=======', '2', '>>>>>>> server', 'c'),
    );
  });

  it('counts the conflicts', () => {
    expect(merge('a\nb\nc\n', '1\nb\n1\n', '2\nb\n2\n')).toMatchObject({ kind: 'conflict', conflicts: 2 });
  });

  it('shows two files that were created at one path', () => {
    expect(merge('', 'a\n', 'b\n')).toEqual(
      conflict('<<<<<<< mine', 'a', '||||||| last synced', '=======', 'b', '>>>>>>> server'),
    );
  });

  it('conflicts if two edits touch', () => {
    expect(merge('a\nb\n', 'A\nb\n', 'a\nB\n').kind).toBe('conflict');
  });

  it('conflicts if one side deleted a line that the other edited', () => {
    expect(merge('a\nb\nc\n', 'a\nc\n', 'a\nB\nc\n').kind).toBe('conflict');
  });

  it('keeps CRLF, and merges a change of all line endings as one change', () => {
    expect(merge('a\r\nb\r\nc\r\n', 'A\r\nb\r\nc\r\n', 'a\r\nb\r\nC\r\n')).toEqual(merged('A\r\nb\r\nC\r\n'));
    expect(merge('a\nb\nc\n', 'a\r\nb\r\nc\r\n', 'a\nb\nC\n')).toEqual(merged('a\r\nb\r\nC\r\n'));
    expect(merge('a\r\nb\r\nc\r\n', 'a\r\nb\r\nC\r\n', 'a\nb\nc\n')).toEqual(merged('a\nb\nC\n'));
  });

  it('gives markers the line ending of the text', () => {
    const found = merge('a\r\n', '1\r\n', '2\r\n');
    expect(found).toMatchObject({ kind: 'conflict' });
    expect('text' in found && found.text.replaceAll('\r\n', '')).not.toContain('\n');
  });

  it('keeps the ending of each line if they are mixed', () => {
    expect(merge('a\r\nb\nc\n', 'A\r\nb\nc\n', 'a\r\nb\nC\n')).toEqual(merged('A\r\nb\nC\n'));
    expect(merge('a\r\nb\nc\n', 'a\r\nb\nc\nd\r\n', 'A\r\nb\nc\n')).toEqual(merged('A\r\nb\nc\nd\r\n'));
  });

  it('keeps a missing final newline, and merges its change separately', () => {
    expect(merge('a\nb\nc', 'A\nb\nc', 'a\nb\nC')).toEqual(merged('A\nb\nC'));
    expect(merge('a\nb\nc', 'A\nb\nc', 'a\nb\nc\n')).toEqual(merged('A\nb\nc\n'));
    expect(merge('a\nb\nc\n', 'A\nb\nc\n', 'a\nb\nC')).toEqual(merged('A\nb\nC'));
    expect(merge('a', '1', '2')).toMatchObject({ text: expect.stringMatching(/>>>>>>> server\n$/) });
  });

  it('keeps an added empty line if the other side removes the final newline', () => {
    expect(merge('a\nb\nc\n', 'a\nb\nc\n\n', 'A\nb\nc')).toEqual(merged('A\nb\nc\n'.concat('\n')));
  });

  it('keeps a byte order mark, and merges its change separately', () => {
    expect(merge('\uFEFFa\nb\nc', '\uFEFFA\nb\nc', '\uFEFFa\nb\nC')).toEqual(merged('\uFEFFA\nb\nC'));
    expect(merge('a\nb\nc', '\uFEFFa\nb\nc', 'a\nb\nC')).toEqual(merged('\uFEFFa\nb\nC'));
    expect(merge('\uFEFFa\nb\nc', 'a\nb\nc', '\uFEFFA\nb\nc')).toEqual(merged('A\nb\nc'));
    // A mark at the start of a line is not the byte order mark of the text.
    expect(merge('\uFEFFa', '\uFEFF\uFEFF', 'a')).toEqual(merged('\uFEFF\uFEFF'));
  });

  it('merges lines with names of JavaScript properties and with any Unicode', () => {
    expect(merge('constructor\nb\n1\n', '__proto__\nb\n1\n', 'constructor\nb\ntoString\n')).toEqual(
      merged('__proto__\nb\ntoString\n'),
    );
    expect(merge('🌴\nb\nc\n', '日本\nb\nc\n', '🌴\nb\né\n')).toEqual(merged('日本\nb\né\n'));
  });

  it('does not merge binary files', () => {
    const text: Uint8Array = utf8.encode('a\n');
    for (const bytes of [[0xff, 0xfe], [0x61, 0], [0xc3]]) {
      const other = Uint8Array.from(bytes);
      for (const found of [mergeText(other, text, text), mergeText(text, other, text), mergeText(text, text, other)]) {
        expect(found).toEqual({ kind: 'unmergeable', reason: 'not-text' });
      }
    }
  });

  it('does not merge files above the limit, to the byte', () => {
    const [largest, larger] = ['x'.repeat(maxMergeBytes), 'x'.repeat(maxMergeBytes + 1)];
    expect(merge('a', 'a', larger)).toEqual({ kind: 'unmergeable', reason: 'too-large' });
    expect(merge('a', 'a', largest)).toEqual(merged(largest));
  });

  it('is fast for the largest texts, with edits far apart', () => {
    const lines = Array.from({ length: 30_000 }, (_, i) => (i % 3 === 0 ? '' : `line ${i} of a long text, as it is`));
    const edited = (...indexes: number[]): string =>
      lines.map((line, i) => (indexes.includes(i) ? `${line}!` : line)).join('\n');
    const start = cpuTimeMs();
    expect(merge(edited(), edited(1, 15_000, 29_000), edited(14, 15_010, 29_980))).toEqual(
      merged(edited(1, 14, 15_000, 15_010, 29_000, 29_980)),
    );
    expect(cpuTimeMs() - start).toBeLessThan(1_000);
  });

  it('gives up before it takes too long if nearly all lines are equal', () => {
    const start = cpuTimeMs();
    const same = '\n'.repeat(500_000);
    expect(merge(same, `a${same}b${same}`, `c${same}\nd`)).toEqual({ kind: 'unmergeable', reason: 'too-complex' });
    const some = '\n'.repeat(400);
    expect(merge(some, `a${some}b`, `${some}\nd${some}`).kind).toBe('conflict');
    expect(cpuTimeMs() - start).toBeLessThan(5_000);
  });
});

describe('hasConflictMarkers', () => {
  it('finds the markers of a merge, and no others', () => {
    const found = merge('a\n', '1\n', '2\n');
    expect('text' in found && hasConflictMarkers(found.text)).toBe(true);
    expect(hasConflictMarkers('title\n=======\n<<<<<<<<< mine\n<<<<<<< b\n >>>>>>> server\n')).toBe(false);
  });
});

describe('mergeText, for arbitrary texts', () => {
  const line = fc.constantFrom('a', 'b', 'c', 'd', 'e', '', '}');
  const text = fc
    .tuple(fc.array(line, { maxLength: 9 }), fc.constantFrom('\n', '\r\n'), fc.boolean(), fc.boolean())
    .map(([lines, end, isEnded, hasBom]) => `${hasBom ? '\uFEFF' : ''}${lines.join(end)}${isEnded ? end : ''}`);
  const messy = fc.array(fc.constantFrom('a', 'b', '\n', '\r\n', '\r', '\uFEFF', '🌴'), { maxLength: 12 });
  const any = fc.oneof(
    { weight: 3, arbitrary: text },
    messy.map((parts) => parts.join('')),
  );
  /** A text and two edited versions of it. */
  const edited = fc
    .tuple(
      fc.array(fc.oneof(line, fc.nat(99).map(String)), { maxLength: 14 }),
      fc.array(fc.nat(30)),
      fc.array(fc.nat(30)),
    )
    .map(([lines, here, there]) => {
      const edit = (at: readonly number[], name: string): string =>
        lines.flatMap((line, i) => (at.includes(i) ? [] : at.includes(i + 15) ? [line, name] : [line])).join('\n');
      return [lines.join('\n'), edit(here, 'mine'), edit(there, 'theirs')] as const;
    });
  const three = fc.oneof(fc.tuple(any, any, any), edited);
  const runs = { numRuns: 3_000 };

  it('returns the other side byte for byte if one is unchanged', () => {
    fc.assert(
      fc.property(any, any, (base, other) => {
        expect(merge(base, base, other)).toEqual(merged(other));
        expect(merge(base, other, base)).toEqual(merged(other));
        expect(merge(base, other, other)).toEqual(merged(other));
      }),
      runs,
    );
  });

  it('gives the mirrored result for swapped sides', () => {
    fc.assert(
      fc.property(three, ([base, mine, theirs]) => {
        const [result, mirrored] = [merge(base, mine, theirs), merge(base, theirs, mine)];
        if (result.kind !== 'conflict') expect(mirrored).toEqual(result);
        else expect(mirrored).toEqual({ ...result, text: swapped(result.text) });
      }),
      runs,
    );
  });

  it('loses no line that a side added', () => {
    fc.assert(
      fc.property(three, ([base, mine, theirs]) => {
        const result = merge(base, mine, theirs);
        expect(result.kind).not.toBe('unmergeable');
        const kept = lineCounts('text' in result ? result.text : '');
        const before = lineCounts(base);
        for (const side of [mine, theirs]) {
          for (const [line, count] of lineCounts(side)) {
            expect(kept.get(line) ?? 0).toBeGreaterThanOrEqual(count - (before.get(line) ?? 0));
          }
        }
      }),
      runs,
    );
  });

  it('has as many markers as conflicts', () => {
    fc.assert(
      fc.property(three, ([base, mine, theirs]) => {
        const result = merge(base, mine, theirs);
        const text = 'text' in result ? result.text : '';
        const marked = text.match(/^\uFEFF?<<<<<<< mine\r?$/gm)?.length ?? 0;
        expect(marked).toBe(result.kind === 'conflict' ? result.conflicts : 0);
        expect(hasConflictMarkers(text)).toBe(marked > 0);
      }),
      runs,
    );
  });
});

/** The number of times that `text` has each line, without line endings. */
function lineCounts(text: string): Map<string, number> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r*\n/);
  if (lines.at(-1) === '') lines.pop();
  const counts = new Map<string, number>();
  for (const line of lines.map((line) => line.replace(/\r+$/, ''))) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

function swapped(text: string): string {
  return text.replaceAll(
    /(<<<<<<< mine\r?\n)([^]*?)(\|\|\|\|\|\|\| last synced\r?\n[^]*?=======\r?\n)([^]*?)(>>>>>>> server)/g,
    (_, start: string, mine: string, middle: string, theirs: string, end: string) =>
      start + theirs + middle + mine + end,
  );
}
