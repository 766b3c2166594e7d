import { describe, expect } from 'vitest';
import { picture } from '../support/workbench/picture';
import { it } from '../support/workbench/uiTest';

const files = { 'notes/list.md': 'spade\n', 'notes/plan.md': 'dig\n' };

describe('the selection in the view of tracked files', () => {
  it('is what a palette command works on; without a selection, it lists the files that it applies to', async ({
    desk,
    laptop,
  }) => {
    const window = await desk.openInSync(laptop, { ...files, 'notes/seeds.md': 'peas\n' });
    await window.showContainer('Palmtree');
    const view = window.view('Tracked Files');
    await view.expand('notes');
    await view.row('list.md').click();
    await view.row('plan.md').click({ modifiers: ['ControlOrMeta'] });
    await window.runCommand('Palmtree: Untrack');
    await view.row('plan.md').waitFor({ state: 'hidden' });
    await view.row('list.md').waitFor({ state: 'hidden' });
    await view.row('seeds.md').waitFor();
    // The file in the active editor is not tracked any more.
    await window.runCommand('Palmtree: Untrack');
    await picture(window, 'untrack-list');
    await window.quickInput.pick('notes/seeds.md');
    await view.row('seeds.md').waitFor({ state: 'hidden' });
    // New files in the folder would still be tracked.
    await window.runCommand('Palmtree: Untrack');
    await window.quickInput.pick('notes');
    await view.welcomeButton('Track Files').waitFor();
    await expect.poll(() => window.commandTitles('Palmtree: Un')).not.toContain('Palmtree: Untrack');
    expect(await window.notifications.all.locator('.codicon-error').count()).toBe(0);
  });
});
