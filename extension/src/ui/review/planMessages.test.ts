import { describe, expect, it } from 'vitest';
import type { Entry } from '../../core/entry';
import type { Plan, PlanRow } from '../../sync/review/plan';
import { conflictCount, hasRowsFor, PlanChoice } from './planChoice';
import { decidingNodes, isSelectable, planNodes, type GroupNode } from './planNodes';
import {
  effectMessage,
  folderDescription,
  noteFor,
  rowDescription,
  rowInFolderDescription,
  selectionMessage,
} from './planMessages';

function entry(path: string): Entry {
  return { path, kind: 'file', size: 1, mtimeNs: 0n, mode: 0o644, hash: path };
}

function row(path: string, given: Partial<PlanRow> = {}): PlanRow {
  return { path, direction: 'push', effect: 'modify', before: entry(path), after: entry(path), ...given };
}

function plan(rows: readonly PlanRow[], folders: Plan['folders'] = []): Plan {
  return { direction: 'sync', revision: 4, folders, rows };
}

describe('the description of a row', () => {
  it.each<[string, Partial<PlanRow>, string]>([
    ['an edit here', {}, '↑ edited here'],
    ['a file made here', { effect: 'add' }, '↑ new here'],
    ['a deletion here', { effect: 'delete' }, '↑ deleted here'],
    ['permissions', { effect: 'mode' }, '↑ permissions changed here'],
    ['a rename', { effect: 'rename', from: 'drafts/a.md' }, '↑ renamed from drafts/a.md'],
    ['an edit on the server', { direction: 'pull' }, '↓ edited on the server'],
    ['a deletion on the server', { direction: 'pull', effect: 'delete' }, '↓ deleted on the server'],
    ['a merge', { direction: 'pull', effect: 'merge' }, '↓ both changed, merges cleanly'],
    ['a conflict', { direction: undefined, effect: 'conflict' }, '! both changed'],
    [
      'a problem',
      { direction: undefined, effect: 'problem', problem: { path: 'plan.md', reason: 'pipe' } },
      '⊘ It is a pipe, not a file. Untrack it, or remove it.',
    ],
  ])('gives the direction and the change of %s', (_what, given, text) => {
    expect(effectMessage(row('plan.md', given))).toBe(text);
  });

  it('has the folder last, since a narrow view cuts off the end', () => {
    expect(rowDescription(row('notes/drafts/plan.md'))).toBe('↑ edited here · notes/drafts');
    expect(rowDescription(row('plan.md'))).toBe('↑ edited here');
  });

  it('has the number of files of a renamed folder, and in it only the folder', () => {
    const inside = row('new/deep/a.md', { effect: 'rename', from: 'old/deep/a.md' });
    const folder = { from: 'old', to: 'new', direction: 'push', rows: [inside] } as const;
    expect(folderDescription(folder)).toBe('↑ renamed from old · 1 file');
    expect(rowInFolderDescription(inside, folder)).toBe('deep');
  });

  it('counts the checked paths', () => {
    expect(selectionMessage({ selected: 4, total: 4 })).toBe('');
    expect(selectionMessage({ selected: 3, total: 10_000 })).toBe('3 of 10,000 checked');
  });

  it('says why the review opened', () => {
    expect(noteFor('push', { conflicts: 0, rest: 3 })).toBe('Push the checked changes. Nothing has been changed yet.');
    const note = noteFor('pull', { conflicts: 2, rest: 1 });
    expect(note).toContain('2 files changed here and on the server. Both versions are kept. Pull the rest');
    expect(noteFor('push', { conflicts: 1, rest: 0 })).toContain('Resolve the conflicts in Tracked Files.');
  });
});

describe('the rows of a plan', () => {
  const inside = row('new/a.md', { effect: 'rename', from: 'old/a.md' });
  const shown = plan(
    [
      row('plan.md'),
      row('theirs.md', { direction: 'pull' }),
      row('both.md', { direction: undefined, effect: 'conflict' }),
      row('moved.md', { effect: 'rename', from: 'was.md' }),
    ],
    [{ from: 'old', to: 'new', direction: 'push', rows: [inside] }],
  );
  const groups = planNodes(shown);
  const toPush = groups.find(({ group }) => group === 'push') as GroupNode;

  it('are grouped, without empty groups', () => {
    expect(groups.map(({ group, children }) => `${group} ${children.length}`)).toEqual([
      'conflict 1',
      'push 3',
      'pull 1',
    ]);
    expect(groups.map(isSelectable)).toEqual([false, true, true]);
    expect(conflictCount(shown)).toBe(1);
    expect(hasRowsFor(shown, 'pull')).toBe(true);
    expect(hasRowsFor(plan([row('a')]), 'pull')).toBe(false);
  });

  it('are all selected at first, a rename with both its paths', () => {
    const choice = new PlanChoice();
    expect([...choice.paths(shown, shown, 'push')].sort()).toEqual(
      ['moved.md', 'new/a.md', 'old/a.md', 'plan.md', 'was.md'].sort(),
    );
    expect([...choice.paths(shown, shown, 'pull')]).toEqual(['theirs.md']);
  });

  it('are skipped with their folder or group, drawn or not', () => {
    const choice = new PlanChoice();
    const [folder] = toPush.children;
    if (folder !== undefined) choice.set(folder, false);
    expect(choice.count(toPush)).toEqual({ selected: 2, total: 3 });
    expect([...choice.paths(shown, shown, 'push')].sort()).toEqual(['moved.md', 'plan.md', 'was.md']);
    choice.set(toPush, false);
    expect(choice.paths(shown, shown, 'push').size).toBe(0);
    choice.set(toPush, true);
    expect(choice.count(toPush)).toEqual({ selected: 3, total: 3 });
  });

  it('are skipped by the row that was clicked, not by those that VS Code changes with it', () => {
    const [folder, ...paths] = toPush.children;
    const [file] = folder?.kind === 'folder' ? folder.children : [];
    if (folder === undefined || file === undefined) throw new Error('the folder has no file');
    // One file, with the rows above it; a group, with the rows in it; a folder whose rows are not drawn.
    expect(decidingNodes([file, folder, toPush])).toEqual([file]);
    expect(decidingNodes([toPush, folder, ...paths])).toEqual([folder, ...paths]);
    expect(decidingNodes([folder, toPush])).toEqual([folder]);
  });

  it('stay skipped in the next plan', () => {
    const choice = new PlanChoice();
    const unselected = toPush.children.find((node) => node.kind === 'path' && node.row.path === 'plan.md');
    if (unselected !== undefined) choice.set(unselected, false);
    const again = plan([row('plan.md'), row('new.md', { effect: 'add' })]);
    expect([...choice.paths(again, again, 'push')]).toEqual(['new.md']);
  });

  it('are skipped if they have become another change since', () => {
    const reviewed = plan([row('plan.md'), row('other.md')]);
    const now = plan([row('plan.md', { effect: 'delete' }), row('other.md'), row('later.md')]);
    expect([...new PlanChoice().paths(reviewed, now, 'push')]).toEqual(['other.md']);
  });
});
