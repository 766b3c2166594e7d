import { describe, expect } from 'vitest';
import type { Desk } from '../support/workbench/desk';
import { picture } from '../support/workbench/picture';
import { it } from '../support/workbench/uiTest';
import type { WorkbenchWindow } from '../support/workbench/workbenchWindow';
import type { Machine } from '../sync/machine';

/** Opens the desk in sync with a tracked folder and two tracked files beside it. */
async function openInSync(desk: Desk, laptop: Machine): Promise<WorkbenchWindow> {
  for (const path of ['notes/plan.md', 'notes/list.md', 'loose.md', 'other.md']) await laptop.write(path, `${path}\n`);
  await laptop.sync.track(['notes', 'loose.md', 'other.md']);
  await laptop.push();
  return desk.openAndPull(4);
}

describe('a tracked folder that is renamed in the Explorer', () => {
  it('is pushed under its new name, and its history continues', async ({ desk, laptop }) => {
    const window = await openInSync(desk, laptop);
    await window.showContainer('Explorer');
    await window.explorer.row('notes').click();
    await window.page.keyboard.press('F2');
    const input = window.page.locator('.explorer-folders-view input');
    await input.fill('memos');
    await input.press('Enter');
    await window.explorer.row('memos').waitFor();
    await window.push('↑2');
    expect(await desk.onServer('memos/plan.md')).toBe('notes/plan.md\n');
    expect(await desk.pathsOnServer()).toEqual(['loose.md', 'memos/list.md', 'memos/plan.md', 'other.md']);
    await desk.write('memos/plan.md', 'edited\n');
    await window.push('↑1');

    await window.showContainer('Palmtree');
    await window.editor.open('plan.md');
    const versions = window.view('File History');
    await versions.row('r3 by desk').waitFor();
    await versions.row('r2 by desk').filter({ hasText: 'renamed from notes/plan.md' }).waitFor();
    await versions.inlineAction('r1 by laptop', 'Compare with Local File');
    await window.editor.titled('plan.md (r1 ↔ local)').waitFor();
    await window.editor.original.getByText('notes/plan.md').waitFor();
    await window.editor.modified.getByText('edited').waitFor();
    await versions.contextMenu('r1 by laptop', 'Restore This Version');
    await desk.becomes('memos/plan.md', 'notes/plan.md\n');

    await window.runCommand('Palmtree: Show Tree History');
    const revisions = window.view('Tree History');
    await revisions.row('r2 by desk').filter({ hasText: '2 renamed' }).waitFor();
    await revisions.expand('r2 by desk');
    await revisions.row('memos').filter({ hasText: 'renamed from notes · 2 files' }).waitFor();
    await picture(window, 'renamedHistory', { pointer: revisions.row('memos') });
  });
});

describe('a tracked file that another program', () => {
  it('renames stays tracked, and a message says so', async ({ desk, laptop }) => {
    const window = await openInSync(desk, laptop);
    await desk.rename('loose.md', 'moved.md');
    expect(await window.notifications.text('Tracking follows')).toContain('"loose.md" was renamed to "moved.md"');
    await window.pending('↑1');
    await window.badge('Palmtree').filter({ hasText: '1' }).waitFor();
    await window.push('↑1');
    expect(await desk.onServer('moved.md')).toBe('loose.md\n');
  });

  it('deletes is deleted on the server only after a question', async ({ desk, laptop }) => {
    const window = await openInSync(desk, laptop);
    await desk.delete('loose.md');
    await window.pending('↑1');
    await window.clickStatusBarItem();
    const dialog = window.page.getByRole('dialog').filter({ hasText: 'You track "loose.md"' });
    await dialog.getByText(/Will be deleted on the server \(1\):\s+loose\.md/).waitFor();
    await picture(window, 'vanished', { panel: true });
    expect(await desk.onServer('loose.md')).toBe('loose.md\n');
    await window.answerDialog('You track "loose.md"', 'Delete 1 File on the Server');
    await window.inSync();
    await expect.poll(() => desk.pathsOnServer()).not.toContain('loose.md');
  });
});
