import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Desk } from '../support/workbench/desk';
import { picture } from '../support/workbench/picture';
import { pushModes } from '../support/pushModes';
import { it } from '../support/workbench/uiTest';
import type { WorkbenchWindow } from '../support/workbench/workbenchWindow';
import type { Machine } from '../sync/machine';

interface Machines {
  readonly desk: Desk;
  readonly laptop: Machine;
}

const icon = join(import.meta.dirname, '../../media/icon.png');
/** An image of one transparent pixel. */
const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

describe('the history of a file', () => {
  it('lists its versions with their authors', async ({ desk, laptop }) => {
    await desk.write('loose.md', 'not tracked\n');
    const window = await openThreeRevisions({ desk, laptop });
    await window.showContainer('Palmtree');
    await window.editor.open('plan.md');
    const versions = window.view('File History');
    await versions.row('r3 by desk').waitFor();
    const when = '(just now|[1-9] minutes? ago)';
    await expect
      .poll(() => versions.texts())
      .toEqual([
        expect.stringMatching(`^r3 by desk ${when} · 16 bytes$`),
        expect.stringMatching(`^r2 by laptop ${when} · 10 bytes$`),
        expect.stringMatching(`^r1 by laptop ${when} · 4 bytes$`),
      ]);
    await window.editor.open('loose.md');
    await versions.message.getByText('loose.md is not tracked').waitFor();
  });

  it('compares a version with the local file, and with the version before', async ({ desk, laptop }) => {
    const window = await openThreeRevisions({ desk, laptop });
    await window.showContainer('Palmtree');
    await window.editor.open('plan.md');
    const versions = window.view('File History');
    await versions.inlineAction('r1 by laptop', 'Compare with Local File');
    await window.editor.titled('plan.md (r1 ↔ local)').waitFor();
    await window.editor.modified.getByText('water').waitFor();
    await picture(window, 'history', { pointer: versions.row('r1 by laptop') });
    await versions.row('r2 by laptop').click();
    await window.editor.titled('plan.md (r1 ↔ r2)').waitFor();
    await window.editor.modified.getByText('plant').waitFor();
    // The history stays that of the file whose versions are compared.
    await expect.poll(() => versions.texts()).toHaveLength(3);
  });

  it('compares the local file with the last synced version, and with a revision', async ({ desk, laptop }) => {
    const window = await openTwoRevisions({ desk, laptop });
    await window.editor.open('plan.md');
    await desk.write('notes/plan.md', 'dig\nplant\nweed\n');
    await window.pending('↑1');
    await window.runCommand('Palmtree: Compare with Last Synced');
    await window.editor.titled('plan.md (last synced ↔ local)').waitFor();
    await window.editor.modified.getByText('weed').waitFor();
    await window.editor.original.getByText('plant').waitFor();

    await window.runCommand('Palmtree: Compare with Revision…');
    await window.quickInput.pick('r1 by laptop');
    await window.editor.titled('plan.md (r1 ↔ local)').waitFor();
  });

  it('restores a version, and asks before it replaces unpushed changes', async ({ desk, laptop }) => {
    const window = await openTwoRevisions({ desk, laptop });
    await window.showContainer('Palmtree');
    await desk.write('notes/plan.md', 'dig\nplant\nweed\n');
    await window.editor.open('plan.md');
    await window.pending('↑1');
    const versions = window.view('File History');
    await versions.contextMenu('r1 by laptop', 'Restore This Version');
    await window.answerDialog('Your unpushed changes will be replaced (1):', 'Restore');
    await desk.becomes('notes/plan.md', 'dig\n');
    await window.push('↑1');
    expect(await desk.onServer('notes/plan.md')).toBe('dig\n');
    await versions.row('r3 by desk').waitFor();
  });

  it('compares images as images', async ({ desk, laptop }) => {
    await laptop.write('notes/palm.png', await readFile(icon));
    await laptop.sync.track(['notes']);
    await laptop.push();
    await laptop.write('notes/palm.png', dot);
    await laptop.push();
    const window = await desk.openAndPull(1);
    await window.showContainer('Palmtree');
    await window.view('Tracked Files').expand('notes');
    await window.view('Tracked Files').row('palm.png').click();
    await window.view('File History').row('r2 by laptop').click();
    for (const side of [0, 1]) {
      // VS Code lays webviews over the editors, outside of their elements.
      const outer = window.page.locator('iframe.webview.ready').nth(side).contentFrame();
      await outer.locator('#active-frame').contentFrame().locator('body.ready img').waitFor();
    }
  });

  it('loads more of a long history at a click on its last row', async ({ desk, laptop }) => {
    await laptop.write('notes/list.md', 'spade\n');
    await laptop.sync.track(['notes']);
    await laptop.push();
    await pushModes(laptop.client, desk.tree, 'notes/list.md', 55);
    const window = await desk.openAndPull(1);
    await window.showContainer('Palmtree');
    await window.editor.open('list.md');
    const versions = window.view('File History');
    await versions.row('r56 by laptop').click();
    await versions.scrollToLast('Load More…');
    await versions.row('Load More…').click();
    await versions.scrollToLast('r1 by laptop');
    await pushModes(laptop.client, desk.tree, 'notes/list.md', 1);
    await window.pending('↓1');
    // The loaded rows stay when new ones come.
    await versions.scrollToLast('r1 by laptop');
    await versions.row('Load More…').waitFor({ state: 'hidden' });
  });
});

describe('the history of a tree', () => {
  it("undoes another machine's push with a new revision, and offers to pull that", async ({ desk, laptop }) => {
    const window = await openTwoRevisions({ desk, laptop });
    await laptop.write('notes/plan.md', 'sell the garden\n');
    await laptop.delete('notes/list.md');
    await laptop.push();
    await window.pending('↓2');
    await window.runCommand('Palmtree: Pull');
    await window.inSync();

    await window.runCommand('Palmtree: Show Tree History');
    const revisions = window.view('Tree History');
    await revisions.expand('r3 by laptop');
    await revisions.row('list.md').filter({ hasText: 'deleted' }).waitFor();
    await revisions.row('plan.md').filter({ hasText: 'modified' }).click();
    await window.editor.titled('plan.md (r2 ↔ r3)').waitFor();
    await window.editor.modified.getByText('sell the garden').waitFor();

    await revisions.contextMenu('r3 by laptop', 'Undo Push…');
    await window.answerDialog('Undo push r3 by laptop (2 files)?', 'Undo Push');
    expect(await window.notifications.text('Push r3 undone')).toContain('new revision 4');
    await window.pending('↓2');
    await revisions.row('r4 by desk').waitFor();
    expect(await desk.onServer('notes/list.md')).toBe('spade\n');
    expect(await desk.onServer('notes/plan.md')).toBe('dig\nplant\n');
    expect(await desk.read('notes/plan.md')).toBe('sell the garden\n');

    await window.notifications.click('Push r3 undone', 'Pull');
    await desk.becomes('notes/plan.md', 'dig\nplant\n');
    await desk.becomes('notes/list.md', 'spade\n');
    await window.inSync();
  });

  it('restores a folder of a picked revision', async ({ desk, laptop }) => {
    const window = await openTwoRevisions({ desk, laptop });
    await desk.write('notes/plan.md', 'sell the garden\n');
    await desk.delete('notes/list.md');
    await window.push('↑2');
    await window.runCommand('Palmtree: Restore from Revision…');
    await window.quickInput.pick('r2 by laptop');
    await window.quickInput.rows.filter({ hasText: 'notes/plan.md' }).waitFor();
    // Folders are listed before files.
    await window.quickInput.rows.filter({ hasText: 'notes/' }).first().click();
    await window.answerDialog('Restore notes to revision 2?', 'Restore');
    await desk.becomes('notes/plan.md', 'dig\nplant\n');
    await desk.becomes('notes/list.md', 'spade\n');
    await window.push('↑2');
  });
});

describe('Undo Last Pull', () => {
  it('restores the backup, and leaves the server as it is', async ({ desk, laptop }) => {
    const window = await openTwoRevisions({ desk, laptop });
    await laptop.write('notes/plan.md', 'sell the garden\n');
    await laptop.delete('notes/list.md');
    await laptop.push();
    await window.pending('↓2');
    await window.runCommand('Palmtree: Pull');
    await window.inSync();
    await window.runCommand('Palmtree: Undo Last Pull…');
    await window.answerDialog('It pulled revision 3', 'Undo Pull');
    await desk.becomes('notes/plan.md', 'dig\nplant\n');
    await desk.becomes('notes/list.md', 'spade\n');
    await window.pending('↓2');
    expect(await desk.onServer('notes/plan.md')).toBe('sell the garden\n');
    await window.runCommand('Palmtree: Pull');
    await window.inSync();
    expect(await desk.read('notes/plan.md')).toBe('sell the garden\n');
  });

  it('lists its effects before it asks, and leaves files alone that changed since', async ({ desk, laptop }) => {
    const window = await openTwoRevisions({ desk, laptop });
    await laptop.write('notes/plan.md', 'sell the garden\n');
    await laptop.write('notes/list.md', 'rake\n');
    await laptop.write('notes/new.md', 'new\n');
    await laptop.push();
    await window.pending('↓3');
    await window.runCommand('Palmtree: Pull');
    await window.inSync();
    await desk.write('notes/plan.md', 'buy a garden\n');
    await window.pending('↑1');
    await window.runCommand('Palmtree: Undo Last Pull…');
    const dialog = window.page.getByRole('dialog').filter({ hasText: 'Undo the last pull (2 files)?' });
    for (const section of [
      /Will be restored here \(1\):\s+notes\/list\.md/,
      /Will be removed here again \(1\):\s+notes\/new\.md/,
      /Changed since, left alone \(1\):\s+notes\/plan\.md/,
    ]) {
      await dialog.getByText(section).waitFor();
    }
    await picture(window, 'undoPull', { panel: true });
    await window.answerDialog('Undo the last pull (2 files)?', 'Undo Pull');
    await desk.becomes('notes/list.md', 'spade\n');
    await window.pending('↑1 ↓2');
    expect(await desk.read('notes/plan.md')).toBe('buy a garden\n');
  });
});

/** Opens the folder of the desk in sync with two revisions of the laptop. */
async function openTwoRevisions({ desk, laptop }: Machines): Promise<WorkbenchWindow> {
  await laptop.write('notes/plan.md', 'dig\n');
  await laptop.write('notes/list.md', 'spade\n');
  await laptop.sync.track(['notes']);
  await laptop.push();
  await laptop.write('notes/plan.md', 'dig\nplant\n');
  await laptop.push();
  return desk.openAndPull(2);
}

/** The third revision is pushed by the desk. */
async function openThreeRevisions(machines: Machines): Promise<WorkbenchWindow> {
  const window = await openTwoRevisions(machines);
  await machines.desk.write('notes/plan.md', 'dig\nplant\nwater\n');
  await window.push('↑1');
  return window;
}
