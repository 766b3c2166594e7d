import { describe, expect } from 'vitest';
import { it } from '../support/workbench/uiTest';

describe('the workspace folder itself', () => {
  it('is tracked and untracked as a whole, has a row, and keeps its settings', async ({ desk, laptop }) => {
    const window = await desk.open();
    await window.explorer.emptyAreaMenu('Track for sync');
    await window.showContainer('Palmtree');
    const view = window.view('Tracked Files');
    // It contains no file to sync, but it is tracked.
    await view.row('desk').filter({ hasText: '0 files' }).waitFor();
    await desk.write('top.md', 'top');
    await desk.write('notes/plan.md', 'dig');
    await view.row('desk').filter({ hasText: '↑2' }).waitFor();
    await window.push('↑2');
    await view.row('desk').filter({ hasText: '2 files' }).waitFor();
    expect(await laptop.pull()).toMatchObject({ written: 2 });
    expect(await desk.pathsOnServer()).toEqual(['notes/plan.md', 'top.md']);

    await window.showContainer('Explorer');
    await expect.poll(() => window.explorer.emptyAreaMenuItems()).toContain('Untrack');
    expect(await window.explorer.emptyAreaMenuItems()).toContain('Track for sync');

    await window.showContainer('Palmtree');
    await view.contextMenu('desk', 'Untrack');
    await view.welcomeButton('Track Files').waitFor();
    await window.notifications.click('desk is no longer synced', 'Undo');
    await view.row('desk').filter({ hasText: '2 files' }).waitFor();
    await window.showContainer('Explorer');
    await window.explorer.emptyAreaMenu('Untrack');
    await window.showContainer('Palmtree');
    await view.welcomeButton('Track Files').waitFor();
    expect(await desk.pathsOnServer()).toEqual(['notes/plan.md', 'top.md']);
  });
});
