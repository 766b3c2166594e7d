import { describe, expect } from 'vitest';
import {
  acceptInMergeEditor,
  closeMerge,
  collapseNotes,
  editBoth,
  mergeEnded,
  openConflict,
  openInSync,
  openMergeEditor,
  openOtherWorkspace,
  path,
  plan,
  pullConflicts,
  tracked,
} from '../support/workbench/conflictSteps';
import { picture } from '../support/workbench/picture';
import { it } from '../support/workbench/uiTest';

describe('a merge', () => {
  it('is made in the merge editor, and pushed when it is complete', async ({ desk, laptop }) => {
    const window = await openInSync({ desk, laptop }, [path, 'notes/seeds.md', 'notes/soil.md', 'notes/tools.md']);
    await editBoth({ desk, laptop }, 'dig a pond', 'dig a ditch', 'plant palms');
    await pullConflicts(window);
    await tracked(window).row('plan.md').click();
    await window.editor.original.getByText('dig a ditch').waitFor();
    await picture(window, 'conflict', { pointer: tracked(window).row('plan.md') });
    await openMergeEditor(window);
    await window.editor.mergeEditor.getByText('by laptop').waitFor();
    // Other programs read the file: it is mine until the merge is saved.
    expect(await desk.read(path)).toBe(plan('dig a pond', 'plant'));
    await acceptInMergeEditor(window, 'Accept Mine');
    await tracked(window).row('plan.md').locator('[class*="monaco-decoration-itemBadge"]').waitFor();
    await picture(window, 'merge');
    await window.editor.titleAction('Complete Merge');
    await mergeEnded(window);
    await window.push('↑1');
    // Lines that only the server changed are taken without a question.
    expect(await desk.read(path)).toBe(plan('dig a pond', 'plant palms'));
    expect(await desk.onServer(path)).toBe(plan('dig a pond', 'plant palms'));
    expect(await desk.backups()).toContain(plan('dig a pond', 'plant'));
  });

  it('that is saved half done stays a conflict, and continues after the window was closed', async ({
    desk,
    laptop,
  }) => {
    const window = await openConflict({ desk, laptop }, 'dig a pond', 'dig a ditch');
    await openMergeEditor(window);
    await window.editor.save();
    await window.statusBarMessage('was saved with unresolved conflicts').waitFor();
    // The saved file equals the ancestor: a pull must not take it for unchanged.
    await window.runCommand('Palmtree: Pull');
    expect(await window.notifications.text('was skipped')).toContain('notes/plan.md is being merged');
    await window.reload();
    await window.showContainer('Palmtree');
    await collapseNotes(window);
    await tracked(window).row('plan.md').filter({ hasText: 'merging' }).waitFor();
    await tracked(window).inlineAction('plan.md', 'Merge');
    await acceptInMergeEditor(window, 'Accept Mine');
    await window.page.keyboard.press('ControlOrMeta+S');
    await window.pending('↑1');
    expect(await desk.read(path)).toBe(plan('dig a pond', 'plant'));
    await mergeEnded(window);
    await window.push('↑1');
  });

  it('does not lose a version that was pushed meanwhile', async ({ desk, laptop }) => {
    const window = await openConflict({ desk, laptop }, 'dig a pond', 'dig a ditch');
    await openMergeEditor(window);
    await laptop.write(path, plan('dig a canal', 'plant'));
    await laptop.push();
    await acceptInMergeEditor(window, 'Accept Combination');
    await window.editor.titleAction('Complete Merge');
    expect(await window.notifications.text('has a newer version')).toContain('plan.md is merged');
    await window.pending('!1');
    // The actions of the next merge have the same names.
    await mergeEnded(window);
    await window.notifications.click('has a newer version', 'Merge');
    await acceptInMergeEditor(window, 'Accept Server');
    await window.editor.titleAction('Complete Merge');
    await mergeEnded(window);
    expect(await desk.read(path)).toBe(plan('dig a canal', 'plant'));
    await window.inSync();
  });

  it('is aborted to keep both versions, and mine comes back', async ({ desk, laptop }) => {
    const window = await openConflict({ desk, laptop }, 'dig a pond', 'dig a ditch');
    await openMergeEditor(window);
    await tracked(window).contextMenu('plan.md', 'Keep Both');
    await window.answerDialog('Abort the merge of notes/plan.md?', 'Abort Merge');
    await window.pending('↑2');
    expect(await desk.read(path)).toBe(plan('dig a pond', 'plant'));
    await window.push('↑2');
  });

  it('that is closed without saving leaves mine on the disk, and a later edit of mine resolves nothing', async ({
    desk,
    laptop,
  }) => {
    const window = await openConflict({ desk, laptop }, 'dig a pond', 'dig a ditch');
    await openMergeEditor(window);
    await acceptInMergeEditor(window, 'Accept Server');
    await closeMerge(window);
    await tracked(window).row('plan.md').filter({ hasNotText: 'merging' }).waitFor();
    expect(await desk.read(path)).toBe(plan('dig a pond', 'plant'));
    await window.editor.open('plan.md');
    await window.editor.replaceAll(plan('dig a pond', 'plant and water'));
    await window.editor.save();
    await window.pending('!1');
    await window.runCommand('Palmtree: Push');
    await tracked(window).contextMenu('plan.md', 'Keep Mine');
    await window.pending('↑1');
    expect(await desk.onServer(path)).toBe(plan('dig a ditch', 'plant'));
    await window.push('↑1');
  });

  it('is aborted by name, and begins anew after that', async ({ desk, laptop }) => {
    const window = await openConflict({ desk, laptop }, 'dig a pond', 'dig a ditch');
    await openMergeEditor(window);
    await acceptInMergeEditor(window, 'Accept Server');
    await picture(window, 'abortMerge');
    await window.editor.titleAction('Abort Merge');
    await window.answerDialog('Abort the merge of notes/plan.md?', 'Abort Merge');
    await mergeEnded(window);
    await window.pending('!1');
    expect(await desk.read(path)).toBe(plan('dig a pond', 'plant'));
    await openMergeEditor(window);
    await acceptInMergeEditor(window, 'Accept Server');
    await window.editor.titleAction('Complete Merge');
    await mergeEnded(window);
    await window.inSync();
    expect(await desk.read(path)).toBe(plan('dig a ditch', 'plant'));
  });
});

describe('a merge whose window has crashed before anything was saved', () => {
  it('has ended, and the conflict remains', async ({ desk, laptop, scratch, openWindow }) => {
    const window = await openConflict({ desk, laptop }, 'dig a pond', 'dig a ditch');
    await openMergeEditor(window);
    await window.crash();
    const second = await openOtherWorkspace({ scratch, openWindow }, 'house');
    await second.showContainer('Palmtree');
    await tracked(second).row('Conflicts').waitFor();
    await expect.poll(() => tracked(second).texts()).not.toContainEqual(expect.stringContaining('merging'));
    await second.pending('!1');
    expect(await desk.read(path)).toBe(plan('dig a pond', 'plant'));
  });
});

describe('a merge that was saved without a decision', () => {
  it('can be aborted when its editor is closed, and mine comes back', async ({ desk, laptop }) => {
    const window = await openInSync({ desk, laptop });
    await editBoth({ desk, laptop }, 'dig a pond', 'dig a ditch', 'plant palms');
    await pullConflicts(window);
    await openMergeEditor(window);
    await window.editor.save();
    await closeMerge(window);
    await window.notifications.click("contains neither your changes nor the server's", 'Abort Merge');
    await desk.becomes(path, plan('dig a pond', 'plant'));
    await window.pending('!1');
  });
});
