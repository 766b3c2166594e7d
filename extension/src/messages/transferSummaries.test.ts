import { describe, expect, it } from 'vitest';
import { noNames } from '../core/changedNames';
import { pullSummary, pushSummary } from './transferSummaries';

const push = { revision: 8, put: 0, deleted: 0, renamed: 0, names: noNames, uploadedBytes: 0, skipped: [] };
const lists = { merged: [], conflicts: [], skipped: [], held: [], skippedFolders: [], backup: undefined, undo: [] };
const pull = { ...lists, revision: 8, written: 0, deleted: 0, renamed: 0, names: noNames, downloadedBytes: 0 };
const none = { conflicts: 0, problems: 0 };

describe('the summary of a push', () => {
  it('counts a renamed file once, as the status bar did', () => {
    expect(pushSummary({ ...push, put: 1, deleted: 1, renamed: 1 }, none)).toBe('renamed 1 file, revision 8');
    expect(pushSummary({ ...push, put: 4, deleted: 2, renamed: 1 }, { conflicts: 1, problems: 2 })).toBe(
      'pushed 3 files, renamed 1 file, deleted 1 file, 1 conflict skipped, 2 problems skipped, revision 8',
    );
  });

  it('says that there was nothing to push', () => {
    expect(pushSummary(push, none)).toBe('nothing to push, revision 8');
  });
});

describe('the summary of a pull', () => {
  it('counts a renamed file once', () => {
    expect(pullSummary({ ...pull, written: 1, deleted: 1, renamed: 1 })).toBe('renamed 1 file, revision 8');
    expect(pullSummary({ ...pull, written: 2, deleted: 2, renamed: 1, merged: ['a'] })).toBe(
      'pulled 1 file, renamed 1 file, deleted 1 file, merged 1 file, revision 8',
    );
  });

  it('counts skipped and held files', () => {
    const skipped = [{ path: 'a', reason: 'unsaved' as const }];
    const held = ['b', 'c'].map((path) => ({ path, kinds: ['program' as const] }));
    expect(pullSummary({ ...pull, skipped, held })).toBe('1 file skipped, 2 files held, revision 8');
  });

  it('says that there was nothing to pull', () => {
    expect(pullSummary(pull)).toBe('nothing to pull, revision 8');
  });
});
