import { describe, expect, it } from 'vitest';
import { noNames } from '../core/changedNames';
import { pulledMessage, pushedMessage } from './doneMessages';

const push = { revision: 8, put: 0, deleted: 0, renamed: 0, names: noNames, uploadedBytes: 0, skipped: [] };
const lists = { merged: [], conflicts: [], skipped: [], held: [], skippedFolders: [], backup: undefined, undo: [] };
const pull = { ...lists, revision: 8, written: 0, deleted: 0, renamed: 0, names: noNames, downloadedBytes: 0 };

describe('the message after a push', () => {
  it('names the first files of each kind, and the conflicts that are left', () => {
    const names = { written: ['a.md', 'b.md', 'c.md'], deleted: ['old.md'], renamed: ['new.md'] };
    expect(pushedMessage({ ...push, put: 13, deleted: 2, renamed: 1, names }, 2)).toBe(
      'Pushed 12 files: a.md, b.md, c.md and 9 more. Renamed a file to new.md. Deleted old.md on the server. ' +
        '2 conflicts are left.',
    );
  });

  it('names a single file', () => {
    const names = { ...noNames, written: ['plan.md'] };
    expect(pushedMessage({ ...push, put: 1, names }, 0)).toBe('Pushed plan.md.');
  });

  it('is empty after a push of nothing', () => {
    expect(pushedMessage(push, 1)).toBe('');
  });
});

describe('the message after a pull', () => {
  it('names the first files of each kind, and counts the held ones', () => {
    const names = { written: ['a.md', 'b.md'], deleted: ['x.md', 'y.md'], renamed: [] };
    const held = [{ path: '.envrc', kinds: ['program' as const] }];
    expect(pulledMessage({ ...pull, written: 2, deleted: 2, names, held })).toBe(
      'Pulled 2 files: a.md, b.md. Deleted 2 files here: x.md, y.md. 1 file is held on the server until you decide.',
    );
  });

  it('is empty after a pull of nothing', () => {
    expect(pulledMessage({ ...pull, conflicts: ['a.md'] })).toBe('');
  });

  it('names the files that are no longer synced, by what excludes them', () => {
    const excluded = [
      { path: 'a.log', by: '.palmtree.json' as const },
      { path: 'build/x', by: '.palmtreeignore' as const },
      { path: 'build/y', by: '.palmtreeignore' as const },
    ];
    const names = { ...noNames, written: ['.palmtreeignore'] };
    expect(pulledMessage({ ...pull, written: 1, names, excluded })).toBe(
      'Pulled .palmtreeignore. 2 files are no longer synced, because .palmtreeignore excludes them: build/x, build/y. ' +
        'a.log is no longer synced, because .palmtree.json excludes it.',
    );
  });
});
