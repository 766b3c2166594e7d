import { readdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import {
  collapseNotes,
  editBoth,
  openConflict,
  openInSync,
  path,
  plan,
  pullConflicts,
  tracked,
} from '../support/workbench/conflictSteps';
import { it } from '../support/workbench/uiTest';

describe('the conflicts', () => {
  it('are shown on top of the view, and a click on one shows both versions', async ({ desk, laptop }) => {
    const window = await openInSync({ desk, laptop });
    await editBoth({ desk, laptop }, 'dig deep', 'dig wide');
    await window.pending('↑1 ↓1');
    await tracked(window).expand('notes');
    await tracked(window).row('plan.md').filter({ hasText: 'both changed' }).waitFor();
    await tracked(window).row('Conflicts').waitFor({ state: 'hidden' });
    const offered = await tracked(window).contextMenuItems('plan.md');
    expect(offered).toContain('Compare with Server');
    expect(offered).not.toContain('Keep Mine');
    await collapseNotes(window);
    // The first click syncs, and the second shows the conflicts that could not be merged.
    await window.clickStatusBarItem();
    await window.pending('!1');
    await window.clickStatusBarItem();
    await tracked(window).row('Conflicts').waitFor();
    await expect.poll(() => tracked(window).texts()).toEqual(['Conflicts 1', 'plan.md notes', 'notes !1']);
    await tracked(window).row('plan.md').click();
    await window.editor.original.getByText('dig wide').waitFor();
    await window.editor.modified.getByText('dig deep').waitFor();
    await expect
      .poll(() => tracked(window).contextMenuItems('plan.md'))
      .toEqual(expect.arrayContaining(['Compare with Server', 'Merge', 'Keep Mine', 'Take Theirs', 'Keep Both']));
    await tracked(window).inlineAction('plan.md', 'Compare with Server');
    await window.editor.original.getByText('dig wide').waitFor();
    await tracked(window).contextMenu('plan.md', 'Keep Mine');
    await window.pending('↑1');
    await tracked(window).row('Conflicts').waitFor({ state: 'hidden' });
  });

  it('are resolved with mine: the next push makes it the head', async ({ desk, laptop }) => {
    const window = await openConflict({ desk, laptop }, 'dig here', 'dig there');
    await tracked(window).contextMenu('plan.md', 'Keep Mine');
    await window.push('↑1');
    expect(await desk.onServer(path)).toBe(plan('dig here', 'plant'));
    expect(await desk.read(path)).toBe(plan('dig here', 'plant'));
  });

  it('are resolved with theirs: mine is in the backup', async ({ desk, laptop }) => {
    const window = await openConflict({ desk, laptop }, 'dig here', 'dig there');
    await tracked(window).contextMenu('plan.md', 'Take Theirs');
    await window.inSync();
    expect(await desk.read(path)).toBe(plan('dig there', 'plant'));
    expect(await desk.onServer(path)).toBe(plan('dig there', 'plant'));
    expect(await desk.backups()).toContain(plan('dig here', 'plant'));
  });

  it('are resolved with both: theirs gets a name of its own, and both are pushed', async ({ desk, laptop }) => {
    const window = await openConflict({ desk, laptop }, 'dig here', 'dig there');
    await tracked(window).contextMenu('plan.md', 'Keep Both');
    await window.pending('↑2');
    const theirs = (await readdir(desk.path('notes'))).find((name) => name.startsWith('plan (server'));
    expect(await desk.read(`notes/${theirs}`)).toBe(plan('dig there', 'plant'));
    await window.push('↑2');
    expect(await desk.onServer(path)).toBe(plan('dig here', 'plant'));
    await laptop.pull();
    expect(await laptop.read(`notes/${theirs}`)).toBe(plan('dig there', 'plant'));
  });

  it('of a file that is not text cannot be merged, and the palette says why', async ({ desk, laptop }) => {
    const window = await openInSync({ desk, laptop });
    await laptop.write(path, Buffer.from([0, 1, 2]));
    await laptop.push();
    await desk.write(path, Buffer.from([0, 1, 3]));
    await pullConflicts(window);
    await expect.poll(() => tracked(window).contextMenuItems('plan.md')).toContain('Keep Mine');
    // The file counts as a text until it has been read.
    await expect.poll(() => tracked(window).contextMenuItems('plan.md')).not.toContain('Merge');
    await window.runCommand('Palmtree: Merge');
    await window.notifications.toast(`Can't merge "${path}": not text`).waitFor();
  });

  it('are resolved all at once, after a question', async ({ desk, laptop }) => {
    const names = ['one', 'two', 'three'];
    const window = await openInSync(
      { desk, laptop },
      names.map((name) => `notes/${name}.md`),
    );
    for (const name of names) {
      await laptop.write(`notes/${name}.md`, plan(`fill ${name}`, 'plant'));
      await desk.write(`notes/${name}.md`, plan(`dig ${name}`, 'plant'));
    }
    await laptop.push();
    await pullConflicts(window, '↑3 ↓3');
    await tracked(window).row('Conflicts').filter({ hasText: '3' }).waitFor();
    await tracked(window).inlineAction('Conflicts', 'Resolve All Conflicts…');
    await window.quickInput.pick('Take Theirs');
    await window.answerDialog("Replace 3 files with the server's versions?", 'Take Theirs');
    await window.inSync();
    const backups = await desk.backups();
    for (const name of names) {
      expect(await desk.read(`notes/${name}.md`)).toBe(plan(`fill ${name}`, 'plant'));
      expect(backups).toContain(plan(`dig ${name}`, 'plant'));
    }
  });
});

describe('a file with unsaved edits', () => {
  it('is not changed by a pull, which offers to save it', async ({ desk, laptop }) => {
    const window = await openInSync({ desk, laptop });
    await window.editor.open('plan.md');
    await window.editor.append('typed\n');
    await laptop.write(path, plan('fill there', 'plant'));
    await laptop.push();
    await window.pending('↓1');
    await window.runCommand('Palmtree: Pull');
    expect(await window.notifications.text('was skipped')).toContain('notes/plan.md has unsaved changes');
    await window.notifications.click('was skipped', 'Save and Try Again');
    // The changes do not overlap and are merged.
    await window.pending('↑1');
    expect(await desk.read(path)).toBe(`${plan('fill there', 'plant')}typed\n`);
  });
});

describe("the Explorer's menu", () => {
  it('offers Untrack only for tracked files', async ({ desk, laptop }) => {
    await desk.write('loose.md', 'not tracked\n');
    const window = await openInSync({ desk, laptop });
    await window.showContainer('Explorer');
    expect(await window.explorer.contextMenuItems('loose.md')).not.toContain('Untrack');
    await expect.poll(() => window.explorer.contextMenuItems('notes')).toContain('Untrack');
    await window.explorer.expand('notes');
    await expect.poll(() => window.explorer.contextMenuItems('plan.md')).toContain('Untrack');
  });
});
