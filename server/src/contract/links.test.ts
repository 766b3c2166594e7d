import { expect, it, test } from 'vitest';
import { goesUpAgain, LinkResolver, linkFault } from './links';

it.each([
  ['a', '/etc/passwd', 'absolute'],
  ['a', '\\\\host\\share', 'absolute'],
  ['a', 'C:\\x', 'absolute'],
  ['a', '', 'empty'],
  ['a', 'b\0c', 'nul'],
  ['a', 'b\ud800', 'not-unicode'],
  ['a', 'x/'.repeat(2_048), 'too-long'],
  ['a', 'é'.repeat(2_048), 'too-long'],
  ['a', '..', 'outside'],
  ['a/b', '../..', 'outside'],
  ['a/b', 'c/../../../a/b', 'outside'],
  ['a/b', '..\\..\\x', 'outside'],
  ['a/b', '../.git', 'git-folder'],
  ['a', '.GIT/hooks', 'git-folder'],
  ['a', 'x\\git~1\\hooks', 'git-folder'],
])('%j -> %.30j is refused', (path, target, fault) => {
  expect(linkFault(path, target)).toBe(fault);
});

it.each([
  ['a', 'b'],
  ['a', '.'],
  ['a/b', '..'],
  ['a/b', '../c/./d//e'],
  ['a/b', '../not/there'],
  ['a', 'x'.repeat(4_095)],
  ['a', 'back\\slash'],
  ['a', '.gitignore'],
])('%j -> %.30j is accepted', (path, target) => {
  expect(linkFault(path, target)).toBeUndefined();
});

function outside(links: Record<string, string>): string[] {
  const resolver = new LinkResolver(new Map(Object.entries(links)));
  return Object.keys(links).filter((path) => resolver.wayOutside(path) !== undefined);
}

test('links that stay inside each, and lead outside together, are found', () => {
  expect(outside({ '0esc': 'a/b/c/..', 'a/b/c': '../..' })).toEqual(['0esc']);
  expect(outside({ '0esc': 'A/b/C/..', 'a/B/c': '../..' })).toEqual(['0esc']);
  expect(outside({ x: 'one/..', one: 'a/two', 'a/two': '..' })).toEqual(['x']);
  expect(outside({ x: 'y/../..', y: 'a/b' })).toEqual([]);
});

test('loops, chains and links to each other lead nowhere', () => {
  expect(outside({ a: 'b', b: 'a' })).toEqual([]);
  expect(outside({ a: 'a/../..' })).toEqual([]);
  const chain = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`${index}`, `${index + 1}`]));
  expect(outside(chain)).toEqual([]);
  const wide = Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [`${index}`, `${index + 1}/x/../`.repeat(80)]),
  );
  expect(outside(wide)).toEqual([]);
});

test('the way outside visits the links that are to blame', () => {
  const resolver = new LinkResolver(
    new Map([
      ['0esc', 'a/b/c/..'],
      ['a/b/c', '../..'],
    ]),
  );
  expect(resolver.wayOutside('0esc')).toContain('a/b/c');
  expect(resolver.wayOutside('a/b/c')).toBeUndefined();
});

it.each([
  ['a/..', true],
  ['../a/./..//b', true],
  ['../..', false],
  ['../a/b', false],
  ['a/..b', false],
])('%j goes up again: %s', (target, expected) => {
  expect(goesUpAgain(target)).toBe(expected);
});
