import { describe, expect, it } from 'vitest';
import type { PathDifference } from '../../../../server/src/contract/history';
import { entry, shown, table } from '../../core/testing/fixtures';
import { putChange } from '../../core/wire';
import { planRevert } from './undoPush';

function side(path: string, content: string) {
  return content === '' ? null : { ...putChange(entry(path, content)), revision: 2 };
}

/** Reverts a revision's `changes`, each `[before, after]`, in `head`. An empty content is an absent file. */
function revert(head: Record<string, string>, changes: Record<string, readonly [string, string]>) {
  const differences = Object.entries(changes).map(([path, [before, after]]): PathDifference => {
    return { path, before: side(path, before), after: side(path, after) };
  });
  const plan = planRevert(differences, table(head));
  return { reverted: plan.changes.map(({ path, to }) => `${path}: ${shown(to)}`), changedSince: plan.changedSince };
}

describe('planRevert', () => {
  it('restores the state before the revision, where the head still has its changes', () => {
    expect(
      revert(
        { edit: '2', added: '1', link: '-> b', mode: '1 x' },
        {
          added: ['', '1'],
          edit: ['1', '2'],
          gone: ['1', ''],
          link: ['-> a', '-> b'],
          mode: ['1', '1 x'],
        },
      ),
    ).toEqual({ reverted: ['added: ', 'edit: 1', 'gone: 1', 'link: -> a', 'mode: 1'], changedSince: [] });
  });

  it('leaves paths alone that were edited, deleted, created again or given another mode since', () => {
    expect(
      revert(
        { edited: '3', again: '9', mode: '2 x' },
        {
          again: ['1', ''],
          deleted: ['1', '2'],
          edited: ['1', '2'],
          mode: ['1', '2'],
        },
      ),
    ).toEqual({ reverted: [], changedSince: ['again', 'deleted', 'edited', 'mode'] });
  });

  it('leaves paths alone that were reverted already', () => {
    expect(revert({ a: '1' }, { a: ['1', '2'], b: ['', '1'] })).toEqual({ reverted: [], changedSince: ['a', 'b'] });
  });

  it('leaves a deleted file alone if there is a folder at its path now', () => {
    expect(revert({ 'x/since': '1', y: '2' }, { x: ['1', ''], y: ['1', '2'] })).toEqual({
      reverted: ['y: 1'],
      changedSince: ['x'],
    });
  });
});
