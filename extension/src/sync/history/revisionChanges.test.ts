import { describe, expect, it } from 'vitest';
import type { FileEntry } from '../../../../server/src/contract/schemas';
import { entry } from '../../core/testing/fixtures';
import { revisionChanges, type RevisionChange } from './revisionChanges';

function fileEntry(path: string, content: string | undefined): FileEntry | null {
  if (content === undefined) return null;
  const { kind, size, mode, hash } = entry(path, content);
  return { path, kind, size, mtimeNs: '1', mode, hash, revision: 1 };
}

/** The differences between two tables in the short form of the fixtures, and the changes found in them. */
function changesOf(before: Record<string, string>, after: Record<string, string>) {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const differences = paths
    .filter((path) => before[path] !== after[path])
    .map((path) => ({ path, before: fileEntry(path, before[path]), after: fileEntry(path, after[path]) }));
  const { folders, changes } = revisionChanges(differences);
  const shown = ({ path, renamedFrom }: RevisionChange): string =>
    renamedFrom === undefined ? path : `${renamedFrom} > ${path}`;
  return {
    folders: folders.map(({ from, to, changes }) => [`${from} > ${to}`, ...changes.map(shown)]),
    changes: changes.map(shown),
  };
}

describe('the changes of a revision', () => {
  it('show a renamed folder as one', () => {
    expect(changesOf({ 'n/a': 'one', 'n/b': 'two', c: '3' }, { 'm/a': 'one', 'm/b': 'two', c: '4' })).toEqual({
      folders: [['n > m', 'n/a > m/a', 'n/b > m/b']],
      changes: ['c'],
    });
  });

  it('show a renamed file as one, sorted with the others', () => {
    expect(changesOf({ a: 'one', b: 'x' }, { c: 'one', b: 'y', d: 'new' })).toEqual({
      folders: [],
      changes: ['b', 'a > c', 'd'],
    });
  });

  it('show a file that was renamed and edited as deleted and added', () => {
    expect(changesOf({ a: 'one' }, { c: 'two' })).toEqual({ folders: [], changes: ['a', 'c'] });
  });

  it('have both sides of a rename', () => {
    const [renamed] = revisionChanges([
      { path: 'a', before: fileEntry('a', 'one'), after: null },
      { path: 'c', before: null, after: fileEntry('c', 'one') },
    ]).changes;
    expect(renamed).toMatchObject({ renamedFrom: 'a', before: { path: 'a' }, after: { path: 'c' } });
  });
});
