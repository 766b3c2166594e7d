import { expect, it } from 'vitest';
import { pendingWords } from '../../messages/pendingWords';
import { inFolderOf, rowLabel } from './rowLabel';

it.each([
  ['notes/plan.md', 'conflict', 'plan.md, conflict, in notes'],
  ['a/b/plan.md', '', 'plan.md, in a/b'],
  ['plan.md', 'deleted', 'plan.md, deleted'],
  ['plan.md', '', 'plan.md'],
])('reads the row of %s with the state "%s" as "%s"', (path, state, label) => {
  expect(rowLabel(path.split('/').at(-1) ?? '', state, inFolderOf(path))).toEqual({ label });
});

it('reads what is pending in a folder in words', () => {
  const none = { outgoing: 0, incoming: 0, conflicts: 0, problems: 0, held: 0 };
  expect(pendingWords(none)).toEqual([]);
  expect(pendingWords({ outgoing: 1200, incoming: 1, conflicts: 1, problems: 2, held: 3 })).toEqual([
    '1,200 to push',
    '1 to pull',
    "2 can't be synced",
    '3 held until you decide',
    '1 conflict',
  ]);
  expect(pendingWords({ ...none, conflicts: 3 })).toEqual(['3 conflicts']);
});
