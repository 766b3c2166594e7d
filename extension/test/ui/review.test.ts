import type { Locator } from 'playwright-core';
import { describe, expect } from 'vitest';
import { pushFiles, type Desk } from '../support/workbench/desk';
import { picture } from '../support/workbench/picture';
import { it } from '../support/workbench/uiTest';
import type { ViewPart } from '../support/workbench/viewPart';
import type { WorkbenchWindow } from '../support/workbench/workbenchWindow';
import type { Machine } from '../sync/machine';

interface Machines {
  readonly desk: Desk;
  readonly laptop: Machine;
}

describe('Review Changes', () => {
  it('shows the changes of both sides with their reasons, and both versions at a click, before anything is synced', async ({
    desk,
    laptop,
  }) => {
    const window = await openReview({ desk, laptop });
    await expect
      .poll(() => review(window).texts())
      .toEqual([
        'Conflicts 1',
        'both.md ! edited here and on the server since revision 1 · notes',
        'To Push 6',
        'notes 2 edited, 3 renamed, 1 deleted · 26 bytes',
        'new ↑ renamed from notes/old · 2 files',
        'edited.md ↑ edited here',
        'found.md ↑ renamed from notes/moved.md',
        'gone.md ↑ deleted here',
        'left.md ↑ edited here',
        'To Pull 1',
        'notes 1 edited · 25 bytes',
        'theirs.md ↓ edited on the server',
      ]);
    await review(window).row('edited.md').click();
    await window.editor.modified.getByText('here').waitFor();
    await window.editor.titled('edited.md (server r2 ↔ local)').waitFor();
    await picture(window, 'review', { pointer: review(window).header });
    await review(window).row('gone.md').click();
    await window.editor.lines.getByText('# gone').waitFor();
    await review(window).row('theirs.md').click();
    await window.editor.modified.getByText('from the laptop').waitFor();
    expect(await desk.pathsOnServer()).toContain('notes/gone.md');
    expect(await desk.read('notes/theirs.md')).toBe('# theirs\n');
  });

  it('leaves out what is not selected, in rows that are not drawn too', async ({ desk, laptop }) => {
    const window = await openReview({ desk, laptop });
    await box(window, 'left.md').click();
    await selected(window, '6 of 7');
    await expect.poll(() => isSelected(window, 'To Push')).toBe(false);
    await box(window, 'new').click();
    await selected(window, '4 of 7');
    await review(window).row('new').locator('.monaco-tl-twistie').click();
    await review(window).row('one.md').waitFor();
    await expect.poll(() => isSelected(window, 'one.md')).toBe(false);
    await box(window, 'one.md').click();
    await box(window, 'two.md').click();
    await selected(window, '6 of 7');
    await expect.poll(() => isSelected(window, 'new')).toBe(true);
  });

  it('pushes and pulls only what is selected, and closes when nothing selected is left', async ({ desk, laptop }) => {
    const window = await openReview({ desk, laptop });
    await box(window, 'left.md').click();
    await selected(window, '6 of 7');
    await review(window).menuAction('Push Checked Changes');
    await selected(window, '1 of 2');
    expect(await desk.pathsOnServer()).toEqual(
      ['both', 'edited', 'found', 'left', 'new/one', 'new/two', 'theirs'].map((name) => `notes/${name}.md`),
    );
    expect(await desk.onServer('notes/edited.md')).toBe('# edited\nhere\n');
    expect(await desk.onServer('notes/left.md')).toBe('# left\n');
    expect(await desk.onServer('notes/both.md')).toBe('the laptop has it\n');
    expect(await desk.read('notes/theirs.md')).toBe('# theirs\n');
    await window.pending('↑1 ↓1 !1');

    await review(window).menuAction('Pull Checked Changes');
    await review(window).pane.waitFor({ state: 'hidden' });
    expect(await desk.read('notes/theirs.md')).toBe('# theirs\nfrom the laptop\n');
    expect(await desk.read('notes/left.md')).toBe('# left\nhere\n');
    expect(await desk.read('notes/both.md')).toBe('the desk has it\n');
    await window.pending('↑1 !1');
  });

  it('remembers what is left out until its change is another one', async ({ desk, laptop }) => {
    const window = await openReview({ desk, laptop });
    await box(window, 'left.md').click();
    await selected(window, '6 of 7');
    await review(window).action('Close Review');
    await review(window).pane.waitFor({ state: 'hidden' });
    await window.runCommand('Palmtree: Review Changes');
    await selected(window, '6 of 7');
    expect(await isSelected(window, 'left.md')).toBe(false);
    await desk.write('notes/left.md', '# left\nhere, and further\n');
    await review(window).action('Refresh Review');
    await expect.poll(() => isSelected(window, 'left.md')).toBe(true);
    await review(window).header.getByText('checked').waitFor({ state: 'hidden' });
  });

  it('shows one kind of changes, and then acts on no others', async ({ desk, laptop }) => {
    const window = await openReview({ desk, laptop });
    await review(window).action('Filter Review…');
    await window.quickInput.pick('Conflicts');
    await review(window).header.getByText('Conflicts only, 7 hidden').waitFor();
    await expect.poll(() => review(window).texts()).toHaveLength(2);
    expect(
      await review(window)
        .header.getByRole('button', { name: /Checked Changes/ })
        .count(),
    ).toBe(0);
    await review(window).action('Show All Changes');
    await review(window).row('theirs.md').waitFor();
    await review(window).action('Filter Review…');
    await window.quickInput.pick('Deletions');
    await review(window).header.getByText('Deletions only, 7 hidden').waitFor();
    await review(window).action('Push Checked Changes');
    // With the last deletion gone, the filter would show nothing.
    await review(window).row('theirs.md').waitFor();
    await review(window).header.getByText('hidden').waitFor({ state: 'hidden' });
    expect(await desk.pathsOnServer()).toEqual(
      ['both', 'edited', 'left', 'moved', 'old/one', 'old/two', 'theirs'].map((name) => `notes/${name}.md`),
    );
    expect(await desk.onServer('notes/edited.md')).toBe('# edited\n');
    expect(await desk.read('notes/theirs.md')).toBe('# theirs\n');
    await review(window).action('Close Review');
    await review(window).pane.waitFor({ state: 'hidden' });
  });
});

describe('palmtree.reviewBefore', () => {
  it('"always" shows the plan at a click on the status bar, and syncs what is selected', async ({ desk, laptop }) => {
    await desk.configure({ 'palmtree.reviewBefore': 'always' });
    await pushFiles(laptop, { 'notes/left.md': '# left\n' });
    const window = await desk.open();
    await window.pending('↓1');
    await window.clickStatusBarItem();
    await review(window).row('left.md').waitFor();
    await review(window).action('Pull Checked Changes');
    await window.inSync();
    await review(window).pane.waitFor({ state: 'hidden' });
    await desk.write('notes/left.md', '# left\nhere\n');
    await window.pending('↑1');
    await window.clickStatusBarItem();
    await review(window).row('left.md').filter({ hasText: '↑ edited here' }).waitFor();
    await review(window).message.getByText('Nothing has been changed yet').waitFor();
    expect(await desk.onServer('notes/left.md')).toBe('# left\n');
    await review(window).action('Push Checked Changes');
    await window.inSync();
    expect(await desk.onServer('notes/left.md')).toBe('# left\nhere\n');
    await review(window).pane.waitFor({ state: 'hidden' });
  });

  it('"conflicts" pushes at once, and shows the plan when both changed a file', async ({ desk, laptop }) => {
    await desk.configure({ 'palmtree.reviewBefore': 'conflicts' });
    const window = await desk.openInSync(laptop, { 'notes/edited.md': '# edited\n' });
    await desk.write('notes/edited.md', 'no conflict\n');
    await window.push('↑1');
    expect(await desk.onServer('notes/edited.md')).toBe('no conflict\n');
    await laptop.pull();
    await laptop.write('notes/edited.md', 'the laptop again\n');
    await laptop.push();
    await desk.write('notes/edited.md', 'the desk again\n');
    await window.pending('↑1 ↓1');
    await window.runCommand('Palmtree: Push');
    await review(window).row('edited.md').filter({ hasText: '! edited here and on the server' }).waitFor();
    expect(await desk.onServer('notes/edited.md')).toBe('the laptop again\n');
    await review(window).contextMenu('edited.md', 'Keep Mine');
    await window.pending('↑1');
    await review(window).message.getByText('Refresh to see what is new').waitFor();
    await review(window).action('Refresh Review');
    await review(window).row('edited.md').filter({ hasText: '↑ edited here' }).waitFor();
  });
});

describe('Sync', () => {
  it('pulls, then pushes', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, { 'notes/mine.md': 'mine\n', 'notes/theirs.md': 'theirs\n' });
    await laptop.write('notes/theirs.md', 'theirs, once more\n');
    await laptop.push();
    await desk.write('notes/mine.md', 'mine, once more\n');
    await window.pending('↑1 ↓1');
    await window.runCommand('Palmtree: Sync');
    await window.inSync();
    expect(await desk.read('notes/theirs.md')).toBe('theirs, once more\n');
    expect(await desk.onServer('notes/mine.md')).toBe('mine, once more\n');
  });

  it('stops after the pull when a file was merged, so that the user checks the result', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, { 'notes/count.md': 'one\ntwo\nthree\nfour\nfive\n' });
    await laptop.write('notes/count.md', 'ONE\ntwo\nthree\nfour\nfive\n');
    await laptop.push();
    await desk.write('notes/count.md', 'one\ntwo\nthree\nfour\nFIVE\n');
    await window.pending('↑1 ↓1');
    await window.runCommand('Palmtree: Sync');
    expect(await window.notifications.text('merged')).toContain('Check the result, then push');
    await window.pending('↑1');
    expect(await desk.read('notes/count.md')).toBe('ONE\ntwo\nthree\nfour\nFIVE\n');
    expect(await desk.onServer('notes/count.md')).toBe('ONE\ntwo\nthree\nfour\nfive\n');
  });
});

describe('Push with Message', () => {
  it('records the message in the history', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, { 'notes/count.md': 'one\n' });
    await desk.write('notes/count.md', 'one\ntwo\n');
    await window.pending('↑1');
    await window.runCommand('Palmtree: Push with Message…');
    await window.quickInput.answer('count to two', /history/);
    await window.inSync();
    const { revisions } = await desk.client.revisions(desk.tree);
    expect(revisions[0]?.message).toBe('count to two');
  });
});

/** Opens the folder of the desk with changes of every kind on both sides, and their review. */
async function openReview({ desk, laptop }: Machines): Promise<WorkbenchWindow> {
  const names = ['edited', 'left', 'moved', 'gone', 'theirs', 'both', 'old/one', 'old/two'];
  const window = await desk.openInSync(
    laptop,
    Object.fromEntries(names.map((name) => [`notes/${name}.md`, `# ${name}\n`])),
  );
  await desk.write('notes/edited.md', '# edited\nhere\n');
  await desk.write('notes/left.md', '# left\nhere\n');
  await desk.rename('notes/moved.md', 'notes/found.md');
  await desk.rename('notes/old', 'notes/new');
  await desk.delete('notes/gone.md');
  await desk.write('notes/both.md', 'the desk has it\n');
  await laptop.write('notes/theirs.md', '# theirs\nfrom the laptop\n');
  await laptop.write('notes/both.md', 'the laptop has it\n');
  await laptop.push();

  await window.runCommand('Palmtree: Review Changes');
  await review(window).row('edited.md').filter({ hasText: '↑ edited here' }).waitFor();
  // Only rows on the screen are drawn.
  await window.view('Tracked Files').fold(true);
  await window.view('File History').fold(true);
  await review(window).row('theirs.md').waitFor();
  return window;
}

function review(window: WorkbenchWindow): ViewPart {
  return window.view('Review Changes');
}

async function selected(window: WorkbenchWindow, count: string): Promise<void> {
  await review(window).header.getByText(`${count} checked`).waitFor();
}

function box(window: WorkbenchWindow, name: string): Locator {
  return review(window).row(name).locator('.custom-view-tree-node-item-checkbox');
}

async function isSelected(window: WorkbenchWindow, name: string): Promise<boolean> {
  return (await box(window, name).getAttribute('aria-checked')) === 'true';
}
