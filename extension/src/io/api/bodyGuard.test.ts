import { expect, it } from 'vitest';
import { BodyGuard, maxListBytes, maxValuesIn } from './bodyGuard';
import { SizeError } from './responseFaults';

const hash = '0'.repeat(64);

/** Passes a text to a guard in pieces of so many bytes. Throws SizeError. */
function check(text: string, maxValues: number, pieceBytes = 7): void {
  const guard = new BodyGuard({ maxBytes: maxListBytes, maxValues });
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += pieceBytes)
    guard.check(bytes.subarray(start, start + pieceBytes), 0);
}

it.each([
  ['empty lists', '[[],[],[]]'],
  ['empty objects', '[{},{},{}]'],
  ['numbers', '[1,2,3,4,5,6]'],
  ['members', '{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}'],
  ['values after strings with quotes and backslashes', '["\\\\","\\"",[],[]]'],
])('counts %s, wherever the pieces end', (_, text) => {
  for (const pieceBytes of [1, 2, 3, text.length]) {
    expect(() => check(text, 6, pieceBytes)).not.toThrow();
    expect(() => check(text, 5, pieceBytes)).toThrow(SizeError);
  }
});

it('counts nothing in strings', () => {
  expect(() => check('[",,,[[[{{{\\",,,\\\\"]', 1)).not.toThrow();
});

const entry = { path: 'a', kind: 'file', size: 0, mtimeNs: '0', mode: 0, hash, revision: 1 };

it.each([
  ['a comparison of added files', { path: 'a', before: null, after: entry }, 0],
  ['a comparison of changed files', { path: 'a', before: entry, after: entry }, 0],
  ['a comparison of files full of commas', { path: ','.repeat(999), before: null, after: entry }, 0],
  [
    'a comparison of removed versions',
    { path: 'a', before: null, after: null, beforeRemoved: true, afterRemoved: true },
    0,
  ],
  // The shortest line that a million different paths can have on average.
  ['the places of a million paths in packs', [0, 0], 7],
])('lets %s pass, of as many as a tree may have', (_, item, sentBytes) => {
  const count = Math.min(1_000_000, Math.floor(maxListBytes / JSON.stringify(item).length));
  const maxBytes = sentBytes === 0 ? maxListBytes : 0;
  const perItem =
    JSON.stringify([item, item])
      .replace(/"[^"]*"/g, '')
      .match(/[[{,]/g)?.length ?? 0;
  expect(maxValuesIn(maxBytes, count * sentBytes)).toBeGreaterThan((count * perItem) / 2);
});
