import { describe, expect, it } from 'vitest';
import { folderSummaries } from './folderSummaries';

const nothing = { outgoing: 0, incoming: 0, conflicts: 0, problems: 0, held: 0 };

describe('folderSummaries', () => {
  it('counts the paths in a folder and below it, by direction', () => {
    const folders = folderSummaries(
      new Map([
        ['top.md', 'modified'],
        ['notes/a.md', 'modified'],
        ['notes/b.md', 'incoming'],
        ['notes/deep/er/c.md', 'both'],
        ['notes/deep/d.md', 'conflict'],
        ['notesy/e.md', 'problem'],
      ]),
    );
    expect(folders.get('notes')).toEqual({
      state: 'conflict',
      pending: { outgoing: 2, incoming: 2, conflicts: 1, problems: 0, held: 0 },
    });
    expect(folders.get('notes/deep/er')?.pending).toEqual({ ...nothing, outgoing: 1, incoming: 1 });
    expect(folders.get('notesy')).toEqual({ state: 'problem', pending: { ...nothing, problems: 1 } });
    expect([...folders.keys()].sort()).toEqual(['', 'notes', 'notes/deep', 'notes/deep/er', 'notesy']);
    expect(folders.get('')?.pending).toEqual({ outgoing: 3, incoming: 2, conflicts: 1, problems: 1, held: 0 });
  });
});
