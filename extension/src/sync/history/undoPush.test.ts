import { describe, expect, it } from 'vitest';
import type { PathDifference } from '../../../../server/src/contract/history';
import { entry, shown, table } from '../../core/testing/fixtures';
import { putChange } from '../../core/wire';
import { takenBack } from './undoPush';

function side(path: string, content: string) {
  return content === '' ? null : { ...putChange(entry(path, content)), revision: 2 };
}

/** `head` with revision's `changes`, each `[before, after]`, taken back: what is put or deleted, and what is not. */
function undo(head: Record<string, string>, changes: Record<string, readonly [string, string]>) {
  const differences = Object.entries(changes).map(([path, [before, after]]): PathDifference => {
    return { path, before: side(path, before), after: side(path, after) };
  });
  const result = takenBack(differences, table(head));
  return { taken: result.changes.map(({ path, to }) => `${path}: ${shown(to)}`), skipped: result.skipped };
}

describe('what takes a revision back', () => {
  it('is what stood before, where the head has what the revision made', () => {
    expect(
      undo(
        { edit: '2', added: '1', link: '-> b', mode: '1 x' },
        {
          added: ['', '1'],
          edit: ['1', '2'],
          gone: ['1', ''],
          link: ['-> a', '-> b'],
          mode: ['1', '1 x'],
        },
      ),
    ).toEqual({ taken: ['added: ', 'edit: 1', 'gone: 1', 'link: -> a', 'mode: 1'], skipped: [] });
  });

  it('leaves what was edited, deleted, put again or given another mode since', () => {
    expect(
      undo(
        { edited: '3', again: '9', mode: '2 x' },
        {
          again: ['1', ''],
          deleted: ['1', '2'],
          edited: ['1', '2'],
          mode: ['1', '2'],
        },
      ),
    ).toEqual({ taken: [], skipped: ['again', 'deleted', 'edited', 'mode'] });
  });

  it('leaves what was taken back already', () => {
    expect(undo({ a: '1' }, { a: ['1', '2'], b: ['', '1'] })).toEqual({ taken: [], skipped: ['a', 'b'] });
  });

  it('leaves a file whose place a folder has taken since', () => {
    expect(undo({ 'x/since': '1', y: '2' }, { x: ['1', ''], y: ['1', '2'] })).toEqual({
      taken: ['y: 1'],
      skipped: ['x'],
    });
  });
});
