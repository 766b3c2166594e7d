import { describe, expect, it } from 'vitest';
import type { Entry } from '../../core/entry';
import type { Plan, PlanRow } from '../../sync/review/plan';
import { conflictsIn, hasRowsFor, PlanChoice } from './planChoice';
import { isOptional, planNodes, type GroupNode } from './planNodes';
import {
  folderDescription,
  groupDescription,
  noteFor,
  reasonOf,
  rowDescription,
  rowInFolderDescription,
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

describe('the words of a row', () => {
  it.each<[string, Partial<PlanRow>, string]>([
    ['an edit here', {}, '↑ edited here'],
    ['a file made here', { effect: 'add' }, '↑ new here'],
    ['a deletion here', { effect: 'delete' }, '↑ deleted here'],
    ['permissions', { effect: 'mode' }, '↑ permissions changed here'],
    ['a rename', { effect: 'rename', from: 'drafts/a.md' }, '↑ renamed from drafts/a.md'],
    ['an edit on the server', { direction: 'pull' }, '↓ edited on the server'],
    ['a deletion on the server', { direction: 'pull', effect: 'delete' }, '↓ deleted on the server'],
    ['a merge', { direction: 'pull', effect: 'merge' }, '↓ edited on both sides, merges cleanly'],
    ['a conflict', { direction: undefined, effect: 'conflict' }, '! changed here and on the server'],
    [
      'a problem',
      { direction: undefined, effect: 'problem', problem: { path: 'plan.md', reason: 'pipe' } },
      '⊘ It is a pipe, not a file. Untrack it, or remove it.',
    ],
  ])('say of %s which way it goes and why', (_what, given, words) => {
    expect(reasonOf(row('plan.md', given))).toBe(words);
  });

  it('name the folder last, where a narrow view cuts', () => {
    expect(rowDescription(row('notes/drafts/plan.md'))).toBe('↑ edited here · notes/drafts');
    expect(rowDescription(row('plan.md'))).toBe('↑ edited here');
  });

  it('say of a renamed folder what is in it, and below it only where', () => {
    const inside = row('new/deep/a.md', { effect: 'rename', from: 'old/deep/a.md' });
    const folder = { from: 'old', to: 'new', direction: 'push', rows: [inside] } as const;
    expect(folderDescription(folder)).toBe('↑ renamed from old · 1 file');
    expect(rowInFolderDescription(inside, folder)).toBe('deep');
  });

  it('count what is left out', () => {
    expect(groupDescription({ taken: 4, all: 4 })).toBe('4');
    expect(groupDescription({ taken: 3, all: 4 })).toBe('3 of 4');
    expect(groupDescription({ taken: 3, all: 10_000 })).toBe('10,000, some left out');
  });

  it('say why the plan came up', () => {
    expect(noteFor('push', { conflicts: 0, rest: 3 })).toBe('Push what is checked. Nothing has moved so far.');
    const note = noteFor('pull', { conflicts: 2, rest: 1 });
    expect(note).toContain('2 files changed here and on the server: neither version is touched. Pull the rest');
    expect(noteFor('push', { conflicts: 1, rest: 0 })).toContain('Decide in Tracked Files.');
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

  it('are grouped, without the groups that have nothing in them', () => {
    expect(groups.map(({ group, children }) => `${group} ${children.length}`)).toEqual([
      'conflict 1',
      'push 3',
      'pull 1',
    ]);
    expect(groups.map(isOptional)).toEqual([false, true, true]);
    expect(conflictsIn(shown)).toBe(1);
    expect(hasRowsFor(shown, 'pull')).toBe(true);
    expect(hasRowsFor(plan([row('a')]), 'pull')).toBe(false);
  });

  it('all go along at first, a rename with both its paths', () => {
    const choice = new PlanChoice();
    expect([...choice.paths(shown, shown, 'push')].sort()).toEqual(
      ['moved.md', 'new/a.md', 'old/a.md', 'plan.md', 'was.md'].sort(),
    );
    expect([...choice.paths(shown, shown, 'pull')]).toEqual(['theirs.md']);
  });

  it('stay behind when their folder or their group is left out, drawn or not', () => {
    const choice = new PlanChoice();
    const [folder] = toPush.children;
    if (folder !== undefined) choice.set(folder, false);
    expect(choice.count(toPush)).toEqual({ taken: 2, all: 3 });
    expect([...choice.paths(shown, shown, 'push')].sort()).toEqual(['moved.md', 'plan.md', 'was.md']);
    choice.set(toPush, false);
    expect(choice.paths(shown, shown, 'push').size).toBe(0);
    choice.set(toPush, true);
    expect(choice.count(toPush)).toEqual({ taken: 3, all: 3 });
  });

  it('stay left out when the plan is made anew', () => {
    const choice = new PlanChoice();
    const left = toPush.children.find((node) => node.kind === 'path' && node.row.path === 'plan.md');
    if (left !== undefined) choice.set(left, false);
    const again = plan([row('plan.md'), row('new.md', { effect: 'add' })]);
    expect([...choice.paths(again, again, 'push')]).toEqual(['new.md']);
  });

  it('stay behind when they have become another change since', () => {
    const reviewed = plan([row('plan.md'), row('other.md')]);
    const now = plan([row('plan.md', { effect: 'delete' }), row('other.md'), row('later.md')]);
    expect([...new PlanChoice().paths(reviewed, now, 'push')]).toEqual(['other.md']);
  });
});
