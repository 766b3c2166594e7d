import { describe, expect, it } from 'vitest';
import type { Entry } from '../../core/entry';
import type { Plan, PlanRow } from '../../sync/review/plan';
import { conflictCount, hasRowsFor, PlanChoice, rowCount } from './planChoice';
import { decidingNodes, isSelectable, nodeKey, planNodes, type GroupNode, type PlanNode } from './planNodes';
import { filteredPlan, planFilters, type PlanFilter } from './planFilter';
import {
  effectMessage,
  filterMessage,
  folderDescription,
  noteFor,
  reasonMessage,
  rowDescription,
  rowInFolderDescription,
  selectionMessage,
  summaryMessage,
  summaryOf,
} from './planMessages';

function entry(path: string): Entry {
  return { path, kind: 'file', size: 1, mtimeNs: 0n, mode: 0o644, hash: path };
}

function row(path: string, given: Partial<PlanRow> = {}): PlanRow {
  return { path, direction: 'push', effect: 'modify', before: entry(path), after: entry(path), ...given };
}

/** The versions of a file that both sides edited. */
const both = { before: entry('mine'), after: entry('theirs'), ancestor: entry('base') };

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
    ['a conflict', { direction: undefined, effect: 'conflict', ...both }, '! edited here and on the server'],
    [
      'a conflict since a known revision',
      { direction: undefined, effect: 'conflict', ...both, base: 12 },
      '! edited here and on the server since revision 12',
    ],
    [
      'an edit of a deleted file',
      { direction: undefined, effect: 'conflict', ...both, after: undefined },
      '! edited here, deleted on the server',
    ],
    [
      'a file that both made',
      { direction: undefined, effect: 'conflict', before: entry('mine'), after: entry('theirs') },
      '! added here and on the server, with different contents',
    ],
    [
      'a file where the server has a folder',
      { direction: undefined, effect: 'conflict', before: entry('mine'), after: undefined },
      '! a file on one side, a folder on the other',
    ],
    [
      'a link in place of a file',
      { direction: undefined, effect: 'conflict', ...both, before: { ...entry('mine'), kind: 'symlink' } },
      '! a link here, a file on the server',
    ],
    [
      'other permissions on each side',
      { direction: undefined, effect: 'conflict', ...both, before: { ...entry('theirs'), mode: 0o600 } },
      '! different permissions here and on the server',
    ],
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

  it('is explained by the reason of the change', () => {
    expect(reasonMessage(row('plan.md'))).toContain('Unchanged on the server. A push sends it');
    expect(reasonMessage(row('plan.md', { direction: 'pull' }))).toContain('Unchanged here. A pull replaces it');
    expect(reasonMessage(row('plan.md', { direction: 'pull', effect: 'merge', ...both, base: 3 }))).toBe(
      'edited here and on the server since revision 3\n' +
        'The changes do not overlap. A pull merges them and keeps a backup of your version.',
    );
  });

  it('sums up a folder by kinds and by the bytes that travel', () => {
    const changes = [row('a'), row('b'), row('c', { effect: 'add' }), row('d', { effect: 'delete', after: undefined })];
    expect(summaryMessage(summaryOf(changes))).toBe('1 new, 2 edited, 1 deleted · 3 bytes');
    expect(summaryMessage(summaryOf([row('a', { effect: 'rename', from: 'b' })]))).toBe('1 renamed');
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
      row('notes/deep/b.md'),
      row('notes/deep/c/d.md', { effect: 'delete' }),
    ],
    [{ from: 'old', to: 'new', direction: 'push', rows: [inside] }],
  );
  const groups = planNodes(shown);
  const toPush = groups.find(({ group }) => group === 'push') as GroupNode;

  it('are grouped, without empty groups', () => {
    expect(groups.map(({ group, children }) => `${group} ${children.length}`)).toEqual([
      'conflict 1',
      'push 4',
      'pull 1',
    ]);
    expect(groups.map(isSelectable)).toEqual([false, true, true]);
    expect(conflictCount(shown)).toBe(1);
    expect(hasRowsFor(shown, 'pull')).toBe(true);
    expect(hasRowsFor(plan([row('a')]), 'pull')).toBe(false);
  });

  it('are in their folders, and folders that contain one folder only share its row', () => {
    expect(outline(toPush)).toEqual([
      'renamed new',
      '  path new/a.md',
      'folder notes/deep',
      '  folder notes/deep/c',
      '    path notes/deep/c/d.md',
      '  path notes/deep/b.md',
      'path moved.md',
      'path plan.md',
    ]);
    const keys = groups.flatMap((group) => [...all(group)]).map(nodeKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('are all selected at first, a rename with both its paths', () => {
    const choice = new PlanChoice();
    const paths = ['moved.md', 'new/a.md', 'notes/deep/b.md', 'notes/deep/c/d.md', 'old/a.md', 'plan.md', 'was.md'];
    expect([...choice.paths(shown, shown, 'push')].sort()).toEqual(paths);
    expect([...choice.paths(shown, shown, 'pull')]).toEqual(['theirs.md']);
  });

  it('are skipped with their folder or group, drawn or not', () => {
    const choice = new PlanChoice();
    for (const node of toPush.children) if (node.kind !== 'path') choice.set(node, false);
    expect(choice.count(toPush)).toEqual({ selected: 2, total: 5 });
    expect([...choice.paths(shown, shown, 'push')].sort()).toEqual(['moved.md', 'plan.md', 'was.md']);
    choice.set(toPush, false);
    expect(choice.paths(shown, shown, 'push').size).toBe(0);
    choice.set(toPush, true);
    expect(choice.count(toPush)).toEqual({ selected: 5, total: 5 });
  });

  it('are skipped by the row that was clicked, not by those that VS Code changes with it', () => {
    const [folder, ...paths] = toPush.children;
    const [file] = folder?.kind === 'renamed' ? folder.children : [];
    if (folder === undefined || file === undefined) throw new Error('the folder has no file');
    // One file, with the rows above it; a group, with the rows in it; a folder whose rows are not drawn.
    expect(decidingNodes([file, folder, toPush])).toEqual([file]);
    expect(decidingNodes([toPush, folder, ...paths])).toEqual([folder, ...paths]);
    expect(decidingNodes([folder, toPush])).toEqual([folder]);
  });

  it('stay skipped in the next plans, until their change is another one', () => {
    const choice = new PlanChoice();
    const [node] = planNodes(plan([row('plan.md')]));
    if (node !== undefined) choice.set(node, false);
    const pushed = (...rows: PlanRow[]): string[] => {
      const again = plan(rows);
      choice.adopt(again);
      return [...choice.paths(again, again, 'push')];
    };
    const touched = { ...entry('plan.md'), mtimeNs: 5n };
    expect(pushed(row('plan.md', { after: touched }), row('new.md', { effect: 'add' }))).toEqual(['new.md']);
    choice.adopt({ ...plan([]), direction: 'pull' });
    expect(pushed(row('plan.md'))).toEqual([]);
    expect(pushed(row('plan.md', { after: entry('another content') }))).toEqual(['plan.md']);
    expect(pushed(row('plan.md'))).toEqual(['plan.md']);
  });

  it('are skipped if they have become another change since', () => {
    const reviewed = plan([row('plan.md'), row('other.md')]);
    const now = plan([row('plan.md', { effect: 'delete' }), row('other.md'), row('later.md')]);
    expect([...new PlanChoice().paths(reviewed, now, 'push')]).toEqual(['other.md']);
  });

  it('are hidden by a filter, and then no command takes them', () => {
    const numbers = planFilters.map((filter): [PlanFilter, number] => [filter, rowCount(filteredPlan(shown, filter))]);
    expect(Object.fromEntries(numbers)).toEqual({ all: 7, push: 5, pull: 1, conflicts: 1, deletions: 1 });
    const deletions = filteredPlan(shown, 'deletions');
    expect([...new PlanChoice().paths(deletions, shown, 'push')]).toEqual(['notes/deep/c/d.md']);
    expect(new PlanChoice().paths(deletions, shown, 'pull').size).toBe(0);
    expect(filterMessage('deletions', 6)).toBe('Deletions only, 6 hidden');
    expect(filterMessage('all', 0)).toBe('');
  });
});

function* all(node: PlanNode): Generator<PlanNode> {
  yield node;
  if (node.kind !== 'path') for (const child of node.children) yield* all(child);
}

/** The rows in a row, one a line. */
function outline(node: PlanNode, indent = ''): string[] {
  if (node.kind === 'path') return [];
  return node.children.flatMap((child) => [`${indent}${child.kind} ${child.path}`, ...outline(child, `${indent}  `)]);
}
