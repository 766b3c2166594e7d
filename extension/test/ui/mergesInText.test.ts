import { describe, expect } from 'vitest';
import { closeMerge, openConflict, openOtherWorkspace, path, plan, tracked } from '../support/workbench/conflictSteps';
import { TestWorkbench } from '../support/workbench/testWorkbench';
import { it } from '../support/workbench/uiTest';

const itWithoutMergeEditor = it
  .extend('otherWorkbench', { scope: 'file' }, async ({ sharedServer, extensionsDir }, { onCleanup }) => {
    const env = { PALMTREE_MERGE_EDITOR: 'off' };
    const workbench = await TestWorkbench.start({ extensionsDir, server: sharedServer, env });
    onCleanup(() => workbench.close());
    return workbench;
  })
  .extend('workbench', ({ otherWorkbench }) => otherWorkbench);

describe('without a merge editor', () => {
  itWithoutMergeEditor(
    "a merge shows the markers in the text editor, with VS Code's own actions",
    async ({ desk, laptop }) => {
      const window = await openConflict({ desk, laptop }, 'dig a pond', 'dig a ditch');
      await tracked(window).inlineAction('plan.md', 'Merge');
      await window.editor.conflictAction('Accept Both Changes').click();
      await window.editor.save();
      await window.push('↑1');
      expect(await desk.read(path)).toBe(plan('dig a pond\n- dig a ditch', 'plant'));
      expect(await desk.onServer(path)).toBe(plan('dig a pond\n- dig a ditch', 'plant'));
    },
  );

  itWithoutMergeEditor(
    'a merge that is closed without saving, and a later edit of mine, resolve nothing',
    async ({ desk, laptop }) => {
      const window = await openConflict({ desk, laptop }, 'dig a pond', 'dig a ditch');
      await tracked(window).inlineAction('plan.md', 'Merge');
      await tracked(window).row('plan.md').filter({ hasText: 'merging' }).waitFor();
      await window.editor.conflictAction('Accept Both Changes').waitFor();
      await closeMerge(window);
      await tracked(window).row('plan.md').filter({ hasNotText: 'merging' }).waitFor();
      expect(await desk.read(path)).toBe(plan('dig a pond', 'plant'));
      await window.editor.open('plan.md');
      await window.editor.append('later\n');
      await window.editor.save();
      await window.pending('!1');
      await window.runCommand('Palmtree: Push');
      await tracked(window).contextMenu('plan.md', 'Keep Mine');
      await window.pending('↑1');
      expect(await desk.onServer(path)).toBe(plan('dig a ditch', 'plant'));
    },
  );

  itWithoutMergeEditor(
    'a merge whose window has crashed is aborted, or may be if the user had begun to decide',
    async ({ desk, laptop, scratch, openWindow }) => {
      const window = await openConflict({ desk, laptop }, 'dig a pond', 'dig a ditch');
      await tracked(window).inlineAction('plan.md', 'Merge');
      await window.editor.conflictAction('Accept Both Changes').waitFor();
      await window.editor.save();
      await window.crash();

      const second = await openOtherWorkspace({ scratch, openWindow }, 'house');
      await second.notifications.toast('A closed window left conflict markers in notes/plan.md').waitFor();
      expect(await desk.read(path)).toBe(plan('dig a pond', 'plant'));
      await second.pending('!1');
      await second.notifications.click('A closed window left', 'Merge');
      await second.editor.conflictAction('Accept Both Changes').waitFor();
      await second.editor.append('half done\n');
      await second.editor.save();
      await second.crash();

      const third = await openOtherWorkspace({ scratch, openWindow }, 'attic');
      await third.notifications.click('has the conflict markers of a merge', 'Abort Merge');
      await third.answerDialog('Abort the merge of notes/plan.md?', 'Abort Merge');
      await desk.becomes(path, plan('dig a pond', 'plant'));
      expect((await desk.backups()).some((text) => text.includes('half done'))).toBe(true);
      await third.pending('!1');
    },
  );

  itWithoutMergeEditor(
    'a file that is renamed while it is merged is mine under its new name',
    async ({ desk, laptop }) => {
      const window = await openConflict({ desk, laptop }, 'dig a pond', 'dig a ditch');
      await tracked(window).inlineAction('plan.md', 'Merge');
      await window.editor.conflictAction('Accept Both Changes').waitFor();
      await window.editor.save();
      await window.showContainer('Explorer');
      await window.explorer.expand('notes');
      await window.explorer.row('plan.md').click();
      await window.page.keyboard.press('F2');
      await window.page.locator('.explorer-item-edited input').fill('garden.md');
      await window.page.keyboard.press('Enter');
      await desk.becomes('notes/garden.md', plan('dig a pond', 'plant'));
      await window.pending('↑1 !1');
    },
  );

  itWithoutMergeEditor('a merge that is closed with markers in its file restores mine', async ({ desk, laptop }) => {
    const window = await openConflict({ desk, laptop }, 'dig a pond', 'dig a ditch');
    await tracked(window).inlineAction('plan.md', 'Merge');
    await window.editor.conflictAction('Accept Both Changes').waitFor();
    await window.editor.append('half done\n');
    await window.editor.save();
    await closeMerge(window);
    await window.notifications.toast('was closed with conflict markers').waitFor();
    await desk.becomes(path, plan('dig a pond', 'plant'));
    await tracked(window).row('plan.md').filter({ hasNotText: 'merging' }).waitFor();
    expect((await desk.backups()).some((text) => text.includes('half done'))).toBe(true);
    await window.pending('!1');
  });
});
