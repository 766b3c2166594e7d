import { describe, expect } from 'vitest';
import { picture } from '../support/workbench/picture';
import { it } from '../support/workbench/uiTest';
import type { WorkbenchWindow } from '../support/workbench/workbenchWindow';

const files = { 'notes/list.md': 'spade\n', 'notes/plan.md': 'dig\n' };

describe('the Palmtree submenu', () => {
  it('pushes the file that was clicked in the Explorer, and no other', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, files);
    await desk.write('notes/plan.md', 'dig\nplant\n');
    await desk.write('notes/list.md', 'spade\nhoe\n');
    await window.pending('↑2');
    await window.explorer.expand('notes');
    await window.explorer.contextMenu('plan.md', 'Palmtree', 'Push Selected Files');
    expect(await window.notifications.text('Pushed')).toContain('Pushed notes/plan.md.');
    await window.pending('↑1');
    expect(await desk.onServer('notes/plan.md')).toBe('dig\nplant\n');
    expect(await desk.onServer('notes/list.md')).toBe('spade\n');
  });

  it('copies a link to the version in the editor, which opens that version', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, files);
    await window.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await window.editor.open('plan.md');
    await window.editor.tab('plan.md').click({ button: 'right' });
    await window.menu.item('Palmtree').hover();
    await window.menu.item('Compare with…').waitFor();
    await picture(window, 'submenu', { panel: true });
    await window.menu.pick(['Palmtree', 'Copy Link to This Version']);
    await window.statusBarMessage('link to r1 of plan.md copied').waitFor();
    const link = await window.page.evaluate<string>('navigator.clipboard.readText()');
    await desk.write('notes/plan.md', 'dig\nplant\n');
    await window.push('↑1');
    await openUrl(window, link);
    await window.editor.titled('plan.md (r1)').waitFor();
    await openUrl(window, link.replace('notes', 'other').replace('tree%3D', 'tree%3Dx'));
    await window.answerDialog('No open folder is connected to the tree of this link', 'Cancel');
  });
});

/** Opens a link as another program would, and agrees that the extension opens it. */
async function openUrl(window: WorkbenchWindow, link: string): Promise<void> {
  await window.runCommand('Developer: Open URL');
  await window.quickInput.answer(link);
  const dialog = window.page.getByRole('dialog').filter({ hasText: 'open this URI' });
  await dialog.getByRole('button', { name: 'Open', exact: true }).click();
}
