import { readdir } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { picture } from '../support/workbench/picture';
import { it } from '../support/workbench/uiTest';

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

  it('are chosen in a list of folders with sizes and what is excluded, or by typed paths', async ({ desk }) => {
    await desk.write('notes/plan.md', 'dig\n');
    await desk.write('notes/node_modules/x.js', 'x');
    await desk.write('loose/list.md', 'spade\n');
    const window = await desk.open();
    const { quickInput } = window;
    await window.runCommand('Palmtree: Track Files…');
    await quickInput.answer('/etc/passwd', 'Files and folders');
    await quickInput.title.filter({ hasText: '/etc/passwd' }).waitFor();
    await quickInput.answer('no-such-file');
    await quickInput.title.filter({ hasText: "doesn't exist" }).waitFor();
    await quickInput.filter('notes/');
    await quickInput.title.filter({ hasText: 'desk/notes' }).waitFor();
    await quickInput.row('plan.md').filter({ hasText: '4 bytes' }).waitFor();
    await quickInput.row('node_modules/').filter({ hasText: '1 file, 1 byte · excluded by "node_modules"' }).waitFor();
    await picture(window, 'track-files');
    await quickInput.pick('plan.md');
    await quickInput.input.press('Enter');
    await window.pending('↑1');
    await window.runCommand('Palmtree: Track Files…');
    await quickInput.answer(desk.path('loose'), 'Files and folders');
    await window.pending('↑2');
    await window.runCommand('Palmtree: Doctor');
    await quickInput.row('Files').filter({ hasText: '2 files tracked' }).waitFor();
    await picture(window, 'doctor');
    await quickInput.cancel();
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
