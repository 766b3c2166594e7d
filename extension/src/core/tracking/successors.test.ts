import { describe, expect, it } from 'vitest';
import type { Entry } from '../entry';
import { entry, hashOf } from '../testing/fixtures';
import type { FileIdentity } from './fileIdentity';
import type { Rule } from './rule';
import { findSuccessors, type FoundItem, type VanishedRule } from './successors';

const identity: FileIdentity = { dev: '1', ino: '7', birth: '70', links: 1 };
const other: FileIdentity = { dev: '2', ino: '8', birth: '80', links: 1 };

function vanished(path: string, kind: Rule['kind'], entries: readonly Entry[], known?: FileIdentity): VanishedRule {
  const rule: Rule = { path, kind, effect: 'track', ...(known === undefined ? {} : { identity: known }) };
  return { rule, entries };
}

function found(path: string, content: string | undefined, known: FileIdentity = other): FoundItem {
  if (content === undefined) return { path, kind: 'folder', identity: known, size: 4096, mtimeNs: 1n };
  return { path, kind: 'file', identity: known, size: content.length, mtimeNs: 1n, hash: hashOf(content) };
}

const file = vanished('a', 'file', [entry('a', 'one')], identity);
const folder = vanished('n', 'folder', [entry('n/a', 'one'), entry('n/d/b', 'two'), entry('n/empty', '')], identity);

describe('the successor of a vanished path is', () => {
  it.each<[string, VanishedRule, readonly FoundItem[], string | undefined]>([
    ['the file with its identity, even if it was edited', file, [found('b', 'edited', identity)], 'b'],
    ['the folder with its identity', folder, [found('m', undefined, identity)], 'm'],
    ['the only file with its content and mtime', file, [found('x/a', 'one'), found('c', 'two')], 'x/a'],
    ['the folder that has all its files', folder, [found('m/a', 'one'), found('m/d/b', 'two')], 'm'],
    ['not a copy on the same disk', file, [found('b', 'one', { ...other, dev: '1' })], undefined],
    [
      'not the files of a copied folder',
      folder,
      ['m/a', 'm/d/b'].map((path) => found(path, path === 'm/a' ? 'one' : 'two', { ...other, dev: '1' })),
      undefined,
    ],
    [
      'the file with its inode number and content, without times of creation',
      vanished('a', 'file', [entry('a', 'one')], { ...identity, birth: '0' }),
      [found('b', 'one', { ...identity, birth: '0' })],
      'b',
    ],
    ['not one of two names of its file', file, [found('b', 'x', identity), found('c', 'x', identity)], undefined],
    ['not the other name of a file that lost one', file, [found('b', 'x', { ...identity, links: 2 })], undefined],
    ['not a newer file with its inode number', file, [found('b', 'x', { ...identity, birth: '71' })], undefined],
    ['not one of two copies', file, [found('b', 'one'), found('c', 'one')], undefined],
    ['not a folder that has some of its files', folder, [found('m/a', 'one')], undefined],
    [
      'not one of two such folders',
      folder,
      ['m', 'o'].flatMap((at) => [found(`${at}/a`, 'one'), found(`${at}/d/b`, 'two')]),
      undefined,
    ],
    ['not two folders with a part each', folder, [found('m/a', 'one'), found('o/d/b', 'two')], undefined],
    ['not another empty file', vanished('a', 'file', [entry('a', '')]), [found('b', '')], undefined],
    ['not a copy with another mtime', file, [{ ...found('b', 'one'), mtimeNs: 2_000_000n }], undefined],
    [
      'not what has no time of creation',
      vanished('a', 'file', [], { ...identity, birth: '0' }),
      [found('b', 'x', { ...identity, birth: '0' })],
      undefined,
    ],
  ])('%s', (_, rule, items, expected) => {
    expect(findSuccessors([rule], items).map(({ to }) => to)).toEqual(expected === undefined ? [] : [expected]);
  });

  it('none, if two vanished paths would have the same', () => {
    const rules = [vanished('a', 'file', [entry('a', 'one')]), vanished('b', 'file', [entry('b', 'one')])];
    expect(findSuccessors(rules, [found('c', 'one')])).toEqual([]);
  });

  it('found for an untracked path by its identity only', () => {
    const untracked = (known?: FileIdentity): VanishedRule => {
      const { rule, entries } = vanished('a', 'folder', [entry('a', 'one')], known);
      return { rule: { ...rule, effect: 'untrack' }, entries };
    };
    expect(findSuccessors([untracked()], [found('b', 'one')])).toEqual([]);
    expect(findSuccessors([untracked(identity)], [found('b', 'x', identity)])).toEqual([
      { from: 'a', to: 'b', kind: 'file' },
    ]);
  });
});
