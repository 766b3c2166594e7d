import { describe, expect } from 'vitest';
import { ariaOutline } from '../support/workbench/ariaOutline';
import { KeyboardPart } from '../support/workbench/keyboardPart';
import { ScmPart } from '../support/workbench/scmPart';
import { it } from '../support/workbench/uiTest';

describe('without a mouse and without a screen', () => {
  it('a user tracks, pushes, pulls, resolves and reviews, and each row says all that it shows', async ({
    desk,
    laptop,
  }) => {
    await desk.write('notes/plan.md', 'dig\n');
    await desk.write('notes/photos/palm.bin', 'palm');
    const window = await desk.open();
    const keyboard = new KeyboardPart(window.page);
    const outline = (title: string) => () => ariaOutline(window.view(title).pane.getByRole('tree'));

    await keyboard.runCommand('Palmtree: Track Files…');
    await keyboard.togglePick('notes/');
    await keyboard.press('Enter');
    await window.pending('↑2');
    await keyboard.runCommand('Palmtree: Push');
    await window.inSync();

    await laptop.sync.track(['notes']);
    await laptop.pull();
    await laptop.write('notes/plan.md', 'theirs\n');
    await laptop.write('notes/more.md', 'more\n');
    await laptop.push();
    await desk.write('notes/plan.md', 'mine\n');
    await desk.delete('notes/photos/palm.bin');
    await window.pending('↑2 ↓2');
    await keyboard.runCommand('Palmtree: Pull');
    await window.pending('↑1 !1');

    const tracked = window.view('Tracked Files');
    await keyboard.runCommand('Palmtree: Show Conflicts');
    await keyboard.focusRow(tracked, 'plan.md');
    await expect
      .poll(outline('Tracked Files'))
      .toEqual([
        'treeitem "Conflicts, 1" [expanded]',
        'button "Resolve All Conflicts…"',
        'treeitem "plan.md, conflict, edited here and on the server, in notes"',
        'button "Compare with Server"',
        'button "Merge"',
        'treeitem "notes, folder, 1 to push, 1 conflict" [expanded]',
        'treeitem "photos, folder, 1 to push, in notes"',
        'treeitem "more.md, in notes"',
        'treeitem "plan.md, conflict, in notes"',
      ]);
    await keyboard.press('Enter');
    await window.editor.titled('plan.md (server r2 ↔ local)').waitFor();
    await keyboard.runCommand('Palmtree: Focus on File History View');
    await expect
      .poll(outline('File History'))
      .toEqual([
        'treeitem "Revision 2, pushed by laptop, AGO, 7 bytes"',
        'treeitem "Revision 1, pushed by desk, AGO, 4 bytes"',
      ]);
    await keyboard.runCommand('Palmtree: Focus on Server View');
    await expect
      .poll(outline('Server'))
      .toEqual([
        'treeitem "notes, 2 of 3 files here, 16 bytes" [expanded]',
        'treeitem "photos, 1 file, 4 bytes, not here, in notes"',
        'treeitem "more.md, 5 bytes, DATE, in notes"',
        'treeitem "plan.md, conflict, 7 bytes, DATE, in notes"',
      ]);
    await keyboard.press('Control+Shift+G');
    const scm = new ScmPart(window.page);
    const deletion =
      'Deleted here. A push deletes it on the server, whose history keeps it until the retention policy removes it.';
    await expect
      .poll(() => ariaOutline(scm.tree))
      .toEqual([
        'treeitem "Source Control Input"',
        `textbox "Message (Ctrl+Enter to push to \\"${desk.tree}\\")"`,
        'treeitem "Conflicts" [expanded]',
        'treeitem "plan.md, Conflict: changed here and on the server. Both versions are kept., notes"',
        'button "Open File"',
        'button "Merge"',
        'treeitem "To Push" [expanded]',
        `treeitem "palm.bin, ${deletion}, notes/photos"`,
      ]);

    const review = window.view('Review Changes');
    await keyboard.runCommand('Palmtree: Review Changes');
    await keyboard.focusRow(review, 'palm.bin');
    await expect
      .poll(outline('Review Changes'))
      .toEqual([
        'treeitem "Conflicts, 1" [expanded]',
        'treeitem "plan.md, conflict, edited here and on the server since revision 1, in notes"',
        'treeitem "To Push, 1 deleted" [expanded]',
        'checkbox "To Push" [checked]',
        'treeitem "notes/photos, To Push, 1 deleted" [expanded]',
        'checkbox "notes/photos" [checked]',
        'treeitem "palm.bin, to push, deleted here, in notes/photos"',
        'checkbox "notes/photos/palm.bin" [checked]',
      ]);
    await keyboard.pickFromMenu('Check or Uncheck');
    await review.header.getByText('0 of 1 checked').waitFor();
    await expect.poll(outline('Review Changes')).toContain('checkbox "notes/photos/palm.bin"');
    await keyboard.runCommand('Palmtree: Show Conflicts');
    await keyboard.focusRow(tracked, 'plan.md');
    await keyboard.pickFromMenu('Keep Mine');
    await window.pending('↑2');
    await keyboard.runCommand('Palmtree: Refresh Review');
    await review.header.getByText('1 of 2 checked').waitFor();
    expect(await ariaOutline(review.header.getByRole('toolbar'))).toEqual([
      'button "Push Checked Changes"',
      'button "Filter Review…"',
      'button "Refresh Review"',
      'button "Close Review"',
    ]);
    await keyboard.runCommand('Palmtree: Push Checked Changes');
    await window.pending('↑1');
    expect(await desk.onServer('notes/plan.md')).toBe('mine\n');
    expect(await desk.pathsOnServer()).toContain('notes/photos/palm.bin');
  });
});
