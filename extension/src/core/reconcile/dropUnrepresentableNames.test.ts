import { describe, expect, it } from 'vitest';
import type { NameRules } from '../filenames/nameRules';
import { linux, mac, table, windows } from '../testing/fixtures';
import { reconcile } from '../testing/reconcile';
import { dropUnrepresentableNames } from './dropUnrepresentableNames';

describe('dropUnrepresentableNames', () => {
  type Short = Readonly<Record<string, string>>;

  function filtered(
    ancestor: Short,
    local: Short,
    remote: Short,
    rules: NameRules,
  ): { pull: string[]; problems: string[] } {
    const plan = reconcile(table(ancestor), table(local), table(remote));
    const found = dropUnrepresentableNames(plan, table(local), rules);
    expect({ ...found.plan, downloads: [] }).toEqual({ ...plan, downloads: [] });
    return { pull: found.plan.downloads.map(({ path }) => path), problems: [...found.problems.keys()] };
  }

  it('keeps a rename that changes only the case', () => {
    expect(filtered({ 'a.md': '1' }, { 'a.md': '1' }, { 'A.md': '1' }, mac)).toEqual({
      pull: ['A.md', 'a.md'],
      problems: [],
    });
    expect(filtered({ 'd/a': '1' }, { 'd/a': '1' }, { 'D/a': '1' }, mac)).toEqual({
      pull: ['D/a', 'd/a'],
      problems: [],
    });
  });

  it('drops a name that clashes with one on the disk', () => {
    expect(filtered({}, { 'a.md': '1' }, { 'A.md': '2', b: '1' }, mac)).toEqual({ pull: ['b'], problems: ['A.md'] });
    expect(filtered({}, { 'a.md': '1' }, { 'A.md': '2', b: '1' }, linux)).toEqual({
      pull: ['A.md', 'b'],
      problems: [],
    });
  });

  it('drops one of two new names that clash', () => {
    expect(filtered({}, {}, { 'A.md': '1', 'a.md': '2' }, mac)).toEqual({ pull: ['A.md'], problems: ['a.md'] });
  });

  it('drops all files in a folder whose name is not allowed', () => {
    expect(filtered({}, {}, { 'con/a': '1', 'con/b': '2', c: '3' }, windows)).toEqual({
      pull: ['c'],
      problems: ['con'],
    });
  });

  it('drops a change of case of a file in conflict', () => {
    expect(filtered({ 'a.md': '1' }, { 'a.md': '2' }, { 'A.md': '1' }, mac)).toEqual({ pull: [], problems: ['A.md'] });
  });

  it('deletes no file under its old spelling if it drops the new one', () => {
    const [ancestor, local] = [
      { 'd/a': '1', 'd/b': '2' },
      { 'd/a': '1', 'd/b': '3' },
    ];
    expect(filtered(ancestor, local, { 'D/a': '1', 'D/b': '2' }, mac)).toEqual({ pull: [], problems: ['D'] });
    expect(filtered({ 'a.md': '1' }, { 'a.md': '1' }, { 'A.MD': '1', 'A.md': '2' }, mac)).toEqual({
      pull: ['A.MD', 'a.md'],
      problems: ['A.md'],
    });
  });

  it('drops a name that clashes with one on the disk that is not syncable', () => {
    const plan = reconcile(table({}), table({}), table({ 'D/a': '1', b: '2' }));
    const { dropped, problems } = dropUnrepresentableNames(plan, table({}), mac, ['d/unreadable']);
    expect([...dropped]).toEqual(['D/a']);
    expect([...problems.keys()]).toEqual(['D']);
  });

  it('accepts a name that exists on the disk', () => {
    expect(filtered({ 'a.': '1' }, { 'a.': '1' }, { 'a.': '2' }, windows)).toEqual({ pull: ['a.'], problems: [] });
  });
});
