import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Desk } from '../support/desk';
import { picture } from '../support/picture';
import { TestWorkbench } from '../support/testWorkbench';
import { it } from '../support/uiTest';
import type { ViewPart } from '../support/viewPart';
import type { WorkbenchWindow } from '../support/workbenchWindow';
import type { Machine } from '../sync/machine';

const itWithoutMergeEditor = it
  .extend('otherWorkbench', { scope: 'file' }, async ({ sharedServer, extensionsDir }, { onCleanup }) => {
    const env = { PALMTREE_MERGE_EDITOR: 'off' };
    const workbench = await TestWorkbench.start({ extensionsDir, server: sharedServer, env });
    onCleanup(() => workbench.close());
    return workbench;
  })
  .extend('workbench', ({ otherWorkbench }) => otherWorkbench);

interface Machines {
  readonly desk: Desk;
  readonly laptop: Machine;
}

const path = 'notes/plan.md';

describe('the conflicts', () => {
  it('are shown on top of the view, and a click on one shows both versions', async ({ desk, laptop }) => {
    const window = await openInSync({ desk, laptop });
    await editBoth({ desk, laptop }, 'dig deep', 'dig wide');
    await window.pending('↑1 ↓1');
    await tracked(window).expand('notes');
    await tracked(window).row('plan.md').filter({ hasText: 'both changed' }).waitFor();
    await tracked(window).row('Conflicts').waitFor({ state: 'hidden' });
    const offered = await tracked(window).contextMenuItems('plan.md');
    expect(offered).toContain('Compare with Server');
    expect(offered).not.toContain('Keep Mine');
    await collapseNotes(window);
    // The first click syncs, and the second shows the conflicts that could not be merged.
    await window.clickStatusBarItem();
    await window.pending('!1');
    await window.clickStatusBarItem();
    await tracked(window).row('Conflicts').waitFor();
    await expect.poll(() => tracked(window).texts()).toEqual(['Conflicts 1', 'plan.md notes', 'notes !1']);
    await tracked(window).row('plan.md').click();
    await window.editor.original.getByText('dig wide').waitFor();
    await window.editor.modified.getByText('dig deep').waitFor();
    await expect
      .poll(() => tracked(window).contextMenuItems('plan.md'))
      .toEqual(expect.arrayContaining(['Compare with Server', 'Merge', 'Keep Mine', 'Take Theirs', 'Keep Both']));
    await tracked(window).inlineAction('plan.md', 'Compare with Server');
    await window.editor.original.getByText('dig wide').waitFor();
    await tracked(window).contextMenu('plan.md', 'Keep Mine');
    await window.pending('↑1');
    await tracked(window).row('Conflicts').waitFor({ state: 'hidden' });
  });

  it('are resolved with mine: the next push makes it the head', async ({ desk, laptop }) => {
    const window = await openConflict({ desk, laptop }, 'dig here', 'dig there');
    await tracked(window).contextMenu('plan.md', 'Keep Mine');
    await window.push('↑1');
    expect(await desk.onServer(path)).toBe(plan('dig here', 'plant'));
    expect(await desk.read(path)).toBe(plan('dig here', 'plant'));
  });

  it('are resolved with theirs: mine is in the backup', async ({ desk, laptop }) => {
    const window = await openConflict({ desk, laptop }, 'dig here', 'dig there');
    await tracked(window).contextMenu('plan.md', 'Take Theirs');
    await window.inSync();
    expect(await desk.read(path)).toBe(plan('dig there', 'plant'));
    expect(await desk.onServer(path)).toBe(plan('dig there', 'plant'));
    expect(await desk.backups()).toContain(plan('dig here', 'plant'));
  });

  it('are resolved with both: theirs gets a name of its own, and both are pushed', async ({ desk, laptop }) => {
    const window = await openConflict({ desk, laptop }, 'dig here', 'dig there');
    await tracked(window).contextMenu('plan.md', 'Keep Both');
    await window.pending('↑2');
    const theirs = (await readdir(desk.path('notes'))).find((name) => name.startsWith('plan (server'));
    expect(await desk.read(`notes/${theirs}`)).toBe(plan('dig there', 'plant'));
    await window.push('↑2');
    expect(await desk.onServer(path)).toBe(plan('dig here', 'plant'));
    await laptop.pull();
    expect(await laptop.read(`notes/${theirs}`)).toBe(plan('dig there', 'plant'));
  });

  it('of a file that is not text cannot be merged, and the palette says why', async ({ desk, laptop }) => {
    const window = await openInSync({ desk, laptop });
    await laptop.write(path, Buffer.from([0, 1, 2]));
    await laptop.push();
    await desk.write(path, Buffer.from([0, 1, 3]));
    await pullConflicts(window);
    await expect.poll(() => tracked(window).contextMenuItems('plan.md')).toContain('Keep Mine');
    expect(await tracked(window).contextMenuItems('plan.md')).not.toContain('Merge');
    await window.runCommand('Palmtree: Merge');
    await window.notifications.toast(`Can't merge "${path}": it is not text`).waitFor();
  });

  it('are resolved all at once, after a question', async ({ desk, laptop }) => {
    const names = ['one', 'two', 'three'];
    const window = await openInSync(
      { desk, laptop },
      names.map((name) => `notes/${name}.md`),
    );
    for (const name of names) {
      await laptop.write(`notes/${name}.md`, plan(`fill ${name}`, 'plant'));
      await desk.write(`notes/${name}.md`, plan(`dig ${name}`, 'plant'));
    }
    await laptop.push();
    await pullConflicts(window, '↑3 ↓3');
    await tracked(window).row('Conflicts').filter({ hasText: '3' }).waitFor();
    await tracked(window).inlineAction('Conflicts', 'Resolve All Conflicts…');
    await window.quickInput.pick('Take Theirs');
    await window.answerDialog("Replace 3 files with the server's versions?", 'Take Theirs');
    await window.inSync();
    const backups = await desk.backups();
    for (const name of names) {
      expect(await desk.read(`notes/${name}.md`)).toBe(plan(`fill ${name}`, 'plant'));
      expect(backups).toContain(plan(`dig ${name}`, 'plant'));
    }
  });
});

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
    await window.editor.conflictAction('Accept Mine').click();
    await window.editor.mergeEditor.getByText('No Changes Accepted').waitFor({ state: 'hidden' });
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
    await window.editor.conflictAction('Accept Mine').click();
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
    await window.editor.conflictAction('Accept Combination').click();
    await window.editor.titleAction('Complete Merge');
    expect(await window.notifications.text('has a newer version')).toContain('plan.md is merged');
    await window.pending('!1');
    // The actions of the next merge have the same names.
    await mergeEnded(window);
    await window.notifications.click('has a newer version', 'Merge');
    await window.editor.conflictAction('Accept Server').click();
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
    await window.editor.conflictAction('Accept Server').click();
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
    await window.editor.conflictAction('Accept Server').click();
    await picture(window, 'abortMerge');
    await window.editor.titleAction('Abort Merge');
    await window.answerDialog('Abort the merge of notes/plan.md?', 'Abort Merge');
    await mergeEnded(window);
    await window.pending('!1');
    expect(await desk.read(path)).toBe(plan('dig a pond', 'plant'));
    await openMergeEditor(window);
    await window.editor.conflictAction('Accept Server').click();
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

describe('a file with unsaved edits', () => {
  it('is not changed by a pull, which offers to save it', async ({ desk, laptop }) => {
    const window = await openInSync({ desk, laptop });
    await window.editor.open('plan.md');
    await window.editor.append('typed\n');
    await laptop.write(path, plan('fill there', 'plant'));
    await laptop.push();
    await window.pending('↓1');
    await window.runCommand('Palmtree: Pull');
    expect(await window.notifications.text('was skipped')).toContain('notes/plan.md has unsaved changes');
    await window.notifications.click('was skipped', 'Save and Pull');
    // The changes do not overlap and are merged.
    await window.pending('↑1');
    expect(await desk.read(path)).toBe(`${plan('fill there', 'plant')}typed\n`);
  });
});

describe("the Explorer's menu", () => {
  it('offers Untrack only for tracked files', async ({ desk, laptop }) => {
    await desk.write('loose.md', 'not tracked\n');
    const window = await openInSync({ desk, laptop });
    await window.showContainer('Explorer');
    expect(await window.explorer.contextMenuItems('loose.md')).not.toContain('Untrack');
    await expect.poll(() => window.explorer.contextMenuItems('notes')).toContain('Untrack');
    await window.explorer.expand('notes');
    await expect.poll(() => window.explorer.contextMenuItems('plan.md')).toContain('Untrack');
  });
});

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

/** Opens the folder of the desk with these files, which both machines have, and shows the view. */
async function openInSync({ desk, laptop }: Machines, paths: readonly string[] = [path]): Promise<WorkbenchWindow> {
  const files = Object.fromEntries(paths.map((each) => [each, plan('dig', 'plant')]));
  const window = await desk.openInSync(laptop, files);
  await window.showContainer('Palmtree');
  await collapseNotes(window);
  return window;
}

/** Leaves one row for a file in conflict, the one below "Conflicts". */
async function collapseNotes(window: WorkbenchWindow): Promise<void> {
  await tracked(window).collapse('notes');
}

/** Both machines edit the same line of the plan, and the laptop pushes first. */
async function editBoth({ desk, laptop }: Machines, mine: string, theirs: string, later = 'plant'): Promise<void> {
  await laptop.write(path, plan(theirs, later));
  await laptop.push();
  await desk.write(path, plan(mine, 'plant'));
}

async function pullConflicts(window: WorkbenchWindow, counts = '↑1 ↓1'): Promise<void> {
  await window.pending(counts);
  await window.runCommand('Palmtree: Pull');
  await tracked(window).row('Conflicts').waitFor();
}

/** Opens the folder of the desk with a plan that a pull could not merge. */
async function openConflict(machines: Machines, mine: string, theirs: string): Promise<WorkbenchWindow> {
  const window = await openInSync(machines);
  await editBoth(machines, mine, theirs);
  await pullConflicts(window);
  return window;
}

/** Opens another workspace with the folder of the desk, which does not open the editors of the first one again. */
async function openOtherWorkspace(
  {
    scratch,
    openWindow,
  }: { readonly scratch: string; readonly openWindow: (path: string) => Promise<WorkbenchWindow> },
  name: string,
): Promise<WorkbenchWindow> {
  const file = join(scratch, `${name}.code-workspace`);
  await writeFile(file, JSON.stringify({ folders: [{ path: 'desk' }] }));
  return openWindow(file);
}

/** Opens the merge editor, and waits until it shows what it merged by itself. */
async function openMergeEditor(window: WorkbenchWindow): Promise<void> {
  await tracked(window).inlineAction('plan.md', 'Merge');
  await tracked(window).row('plan.md').filter({ hasText: 'merging' }).waitFor();
  await window.editor.conflictAction('Accept Combination').waitFor();
}

/** The file may be in sync with the server before its merge has ended. */
async function mergeEnded(window: WorkbenchWindow): Promise<void> {
  await window.editor.mergeEditor.waitFor({ state: 'detached' });
  await tracked(window).row('plan.md').filter({ hasText: 'merging' }).waitFor({ state: 'hidden' });
}

/** Closes the shown editor without saving. VS Code asks before, if it knows by then that conflicts are left. */
async function closeMerge(window: WorkbenchWindow): Promise<void> {
  await window.runCommand('View: Close Editor');
  const question = window.page.getByRole('dialog').getByRole('button', { name: /Don't Save|Close with Conflicts/ });
  await expect
    .poll(async () => {
      if (await question.isVisible()) await question.click();
      return window.page.locator('.part.editor .tab').count();
    })
    .toBe(0);
}

function plan(first: string, second: string): string {
  return `# Garden\n\n- ${first}\n- water\n- rest\n\n## Later\n\n- ${second}\n`;
}

function tracked(window: WorkbenchWindow): ViewPart {
  return window.view('Tracked Files');
}
