import { describe, expect, it } from 'vitest';
import type { PullUndoPlan } from '../sync/history/undoPull';
import { undoPullConfirmation } from './confirmations';
import { undonePullMessage } from './undoMessages';

function plan(change: Pick<PullUndoPlan, 'kind' | 'isLast'> & Partial<PullUndoPlan>): PullUndoPlan {
  const none = { removed: [], conflicts: [], changedSince: [], unsaved: [], lost: [] };
  return { ...none, restored: ['a', 'b'], revision: 7, at: new Date().toISOString(), backup: '/b', ...change };
}

describe('the question before an undo', () => {
  it.each([
    ['pull', true, 'Undo the last pull (2 files)?', 'It pulled revision 7, just now.'],
    ['pull', false, 'Undo the pull of revision 7 (2 files)?', 'It pulled revision 7, just now.'],
    ['decision', false, 'Undo the decision about conflicts?', 'It was made just now.'],
    ['decision', true, 'Undo the decision about conflicts?', 'It was made just now.'],
    ['restore', false, 'Undo the restore of old versions?', 'It was made just now.'],
  ] as const)('names a %s (the last: %s)', (kind, isLast, question, made) => {
    const shown = undoPullConfirmation(plan({ kind, isLast }));
    expect(shown.question).toBe(question);
    expect(shown.detail[0]).toBe(made);
    expect(shown.detail.join(' ').includes('The next pull brings')).toBe(kind === 'pull');
  });
});

it('names no number of files if an undo restores only conflicts', () => {
  const onlyConflicts = { restored: [], conflicts: ['a'], kind: 'pull' } as const;
  expect(undoPullConfirmation(plan({ ...onlyConflicts, isLast: true })).question).toBe('Undo the last pull?');
  expect(undoPullConfirmation(plan({ ...onlyConflicts, isLast: false })).question).toBe('Undo the pull of revision 7?');
});

describe('the result of an undo', () => {
  const message = (kind: PullUndoPlan['kind'], conflicts: readonly string[] = []): string =>
    undonePullMessage({ kind, revision: 7 }, { restored: ['a'], removed: [], conflicts });

  it('names the change that is undone', () => {
    expect(message('pull')).toContain('1 file is as it was before the pull of revision 7. The next pull');
    expect(message('restore')).toBe('1 file is as it was before the restore.');
    expect(message('decision', ['a'])).toBe('The decision is undone: a is in conflict again.');
    expect(message('decision', ['a', 'b'])).toBe('The decision is undone: 2 files are in conflict again.');
  });
});
