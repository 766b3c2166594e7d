import { describe, expect } from 'vitest';
import type { Desk } from '../support/workbench/desk';
import { picture } from '../support/workbench/picture';
import { it } from '../support/workbench/uiTest';
import type { WorkbenchWindow } from '../support/workbench/workbenchWindow';
import type { Machine } from '../sync/machine';

describe('Show Backups', () => {
  it('restores what a pull replaced and deleted, after a question, and that can be undone', async ({
    desk,
    laptop,
  }) => {
    const window = await openWithBackup(desk, laptop);
    await window.runCommand('Palmtree: Show Backups');
    await window.quickInput.showing('Select a backup of replaced or deleted files').waitFor();
    await expect.poll(() => window.quickInput.rows.first().innerText()).toMatch(/pull of r2 · 2 files/);
    await expect.poll(() => window.quickInput.rows.first().innerText()).toMatch(/\d (bytes?|kB|KB) · just now/);
    await picture(window, 'backups', { panel: true });
    await window.quickInput.rows.first().click();
    await window.quickInput.rows.filter({ hasText: 'Restore Files…' }).click();
    await window.quickInput.showing('Select files to restore').waitFor();
    await window.quickInput.input.press('Enter');
    const dialog = window.page.getByRole('dialog').filter({ hasText: 'Restore 2 files from the backup?' });
    await dialog.getByText(/Will be replaced here \(1\):\s+notes\/plan\.md/).waitFor();
    await dialog.getByText(/Will be created here \(1\):\s+notes\/list\.md/).waitFor();
    await picture(window, 'restoreBackup', { panel: true });
    await window.answerDialog('Restore 2 files from the backup?', 'Restore');
    await desk.becomes('notes/plan.md', 'dig\n');
    await desk.becomes('notes/list.md', 'spade\n');
    await window.pending('↑2');
    await window.notifications.click('2 files were restored from the backup', 'Undo');
    await desk.becomes('notes/plan.md', 'sell the garden\n');
    await desk.becomes('notes/list.md', 'no file');
    await window.inSync();
  });

  it('deletes the backups that are picked, after a question', async ({ desk, laptop }) => {
    const window = await openWithBackup(desk, laptop);
    await window.runCommand('Palmtree: Delete Backups…');
    await window.quickInput.showing('Select backups to delete').waitFor();
    await window.quickInput.rows.first().click();
    await window.quickInput.input.press('Enter');
    const dialog = window.page.getByRole('dialog').filter({ hasText: 'Delete 1 backup (' });
    await dialog.getByText(/Will be deleted \(1\):\s+.* · pull of r2 · 2 files · /).waitFor();
    await picture(window, 'deleteBackups', { panel: true });
    await window.answerDialog('Delete 1 backup (', 'Delete');
    await expect.poll(() => desk.backups()).toEqual([]);
    await window.runCommand('Palmtree: Show Backups');
    await window.notifications.toast('There are no backups yet').waitFor();
    expect(await desk.read('notes/plan.md')).toBe('sell the garden\n');
  });
});

describe('Undo in a notification', () => {
  it('takes back Keep Mine, and Untrack of a file', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, { 'notes/plan.md': 'dig\n', 'notes/list.md': 'spade\n' });
    await window.showContainer('Palmtree');
    await laptop.write('notes/plan.md', 'dig there\n');
    await laptop.push();
    await desk.write('notes/plan.md', 'dig here\n');
    await window.pending('↑1 ↓1');
    await window.runCommand('Palmtree: Pull');
    await window.pending('!1');
    const tracked = window.view('Tracked Files');
    await tracked.collapse('notes');
    await tracked.contextMenu('plan.md', 'Keep Mine');
    await window.pending('↑1');
    await window.notifications.click('Your version of notes/plan.md is kept', 'Undo');
    await window.pending('!1');
    await tracked.contextMenu('plan.md', 'Keep Mine');
    await window.pending('↑1');
    await tracked.expand('notes');
    await tracked.contextMenu('plan.md', 'Untrack');
    await window.notifications.toast('notes/plan.md is no longer synced here').waitFor();
    await window.inSync();
    await window.notifications.click('notes/plan.md is no longer synced here', 'Undo');
    await window.pending('↑1');
  });
});

/** Opens the folder of the desk, where a pull has replaced one file and deleted another. */
async function openWithBackup(desk: Desk, laptop: Machine): Promise<WorkbenchWindow> {
  const files = { 'notes/plan.md': 'dig\n', 'notes/list.md': 'spade\n', 'notes/soil.md': 'soil\n' };
  const window = await desk.openInSync(laptop, files);
  await laptop.write('notes/plan.md', 'sell the garden\n');
  await laptop.delete('notes/list.md');
  await laptop.push();
  await window.pending('↓2');
  await window.runCommand('Palmtree: Pull');
  await window.inSync();
  return window;
}
