import { readdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { picture } from '../support/picture';
import { it } from '../support/uiTest';

const files = { 'notes/list.md': 'spade\n', 'notes/plan.md': 'dig\n' };

describe('the view of tracked files', () => {
  it('shows on a folder what is pending in it, and the versions of a file from its row', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, files);
    await window.showContainer('Palmtree');
    const view = window.view('Tracked Files');
    await desk.write('notes/plan.md', 'dig\nplant\n');
    await view.row('notes').filter({ hasText: '↑1' }).waitFor();
    await view.expand('notes');
    await view.contextMenu('list.md', 'Show File History');
    await window.view('File History').row('r1 by laptop').waitFor();
  });

  it('says to a screen reader what each row says with colours and signs', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, { ...files, 'notes/seeds.md': 'peas\n' });
    await window.showContainer('Palmtree');
    const view = window.view('Tracked Files');
    await laptop.write('notes/plan.md', 'sell\n');
    await laptop.push();
    await desk.write('notes/plan.md', 'dig\nplant\n');
    await desk.delete('notes/list.md');
    await window.pending('↑2 ↓1');
    await window.runCommand('Palmtree: Pull');
    await window.pending('↑1 !1');
    await view.expand('notes');
    for (const label of [
      'Conflicts, 1',
      'plan.md, conflict, in notes',
      'notes, 1 to push, 1 conflict',
      'list.md, deleted, in notes',
      'seeds.md, in notes',
    ]) {
      await view.pane.getByRole('treeitem', { name: label, exact: true }).first().waitFor();
    }
  });

  it('and the Explorer show on collapsed folders what is pending in them', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, files);
    await desk.write('notes/list.md', 'spade\nhoe\n');
    await window.pending('↑1');
    const marked = window.page.locator('.explorer-folders-view .monaco-icon-label[aria-label*="1 to push"]');
    await marked.filter({ hasText: 'notes' }).waitFor();
    await picture(window, 'explorer');
    await laptop.write('notes/plan.md', 'sell\n');
    await laptop.push();
    await desk.write('notes/plan.md', 'dig\nplant\n');
    await window.pending('↑2 ↓1');
    await window.runCommand('Palmtree: Pull');
    await window.pending('↑1 !1');
    await window.showContainer('Palmtree');
    const view = window.view('Tracked Files');
    await view.row('notes').filter({ hasText: '!1' }).waitFor();
    for (const name of ['notes', 'list.md']) {
      await view.row(name).locator('.monaco-icon-label[class*="monaco-decoration-"]').waitFor();
    }
    await picture(window, 'tracked-folders');
  });

  it('take absolute paths, and keep what cannot be tracked in the box', async ({ desk }) => {
    await desk.write('notes/plan.md', 'dig\n');
    const window = await desk.open();
    await window.runCommand('Palmtree: Track for sync');
    await window.quickInput.answer('/etc/passwd');
    await window.quickInput.message.filter({ hasText: '/etc/passwd' }).waitFor();
    await window.quickInput.answer('no-such-file');
    await window.quickInput.message.filter({ hasText: "doesn't exist" }).waitFor();
    await picture(window, 'track-box');
    await window.quickInput.answer(desk.path('notes'));
    await window.pending('↑1');
  });

  it('untracks a folder, and tracks it again with Undo', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, files);
    await window.showContainer('Palmtree');
    const view = window.view('Tracked Files');
    await view.contextMenu('notes', 'Untrack');
    await view.row('notes').waitFor({ state: 'hidden' });
    await window.notifications.click('notes is no longer synced', 'Undo');
    await view.row('notes').waitFor();
    await window.inSync();
    expect(await desk.pathsOnServer()).toEqual(Object.keys(files));
  });

  it('untracks a file, which stays on both sides', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, files);
    await window.showContainer('Palmtree');
    const view = window.view('Tracked Files');
    await view.expand('notes');
    await view.contextMenu('plan.md', 'Untrack');
    await view.row('plan.md').waitFor({ state: 'hidden' });
    await view.row('list.md').waitFor();
    expect(await readdir(desk.path('notes'))).toContain('plan.md');
    expect(await desk.pathsOnServer()).toEqual(Object.keys(files));
  });
});
