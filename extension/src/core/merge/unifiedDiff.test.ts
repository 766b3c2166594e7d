import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unifiedDiff } from './unifiedDiff';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function diff(before: string | undefined, after: string | undefined): string {
  const [from, to] = [before, after].map((text) => (text === undefined ? undefined : encode(text)));
  return unifiedDiff('a', from, to)
    .map(({ text }) => `${text}\n`)
    .join('');
}

describe('a unified diff', () => {
  it('shows changes with three lines around them, and joins those that are close', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `${i}\n`);
    const edited = lines.with(2, 'two\n').with(8, 'eight\n').with(25, 'x\n');
    expect(diff(lines.join(''), edited.join(''))).toBe(
      `--- a/a
+++ b/a
@@ -1,12 +1,12 @@
 0
 1
-2
+two
 3
 4
 5
 6
 7
-8
+eight
 9
 10
 11
@@ -23,7 +23,7 @@
 22
 23
 24
-25
+x
 26
 27
 28
`,
    );
  });

  it('names /dev/null for a file that is not there, and says that a last line has no end', () => {
    expect(diff(undefined, 'a\nb')).toBe(
      '--- /dev/null\n+++ b/a\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n',
    );
    expect(diff('a\n', undefined)).toBe('--- a/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n');
    expect(diff('a', 'a')).toBe('');
    expect(diff('a\0', 'b')).toBe('Binary files a/a and b/a differ\n');
  });

  it('shows a change of very many lines', () => {
    const lines = 300_000;
    const shown = diff('a\n'.repeat(lines), 'b\n'.repeat(lines)).split('\n');
    expect(shown[2]).toBe(`@@ -1,${lines} +1,${lines} @@`);
    expect(shown.length).toBe(3 + 2 * lines + 1);
  });

  it('turns one text into the other by git apply', () => {
    const folder = mkdtempSync(join(tmpdir(), 'palmtree-diff-'));
    const texts = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 40 }).map((lines) => lines.join('\n'));
    try {
      fc.assert(
        fc.property(texts, texts, (before, after) => {
          fc.pre(before !== after && before !== '' && after !== '');
          const file = join(folder, 'a');
          writeFileSync(file, before);
          execFileSync('git', ['apply', '-p1', '-'], { cwd: folder, input: diff(before, after), stdio: 'pipe' });
          expect(readFileSync(file, 'utf8')).toBe(after);
        }),
        { numRuns: 25 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
