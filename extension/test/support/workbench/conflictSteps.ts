import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Machine } from '../../sync/machine';
import type { Desk } from './desk';
import type { ViewPart } from './viewPart';
import type { WorkbenchWindow } from './workbenchWindow';

export interface Machines {
  readonly desk: Desk;
  readonly laptop: Machine;
}

/** The file that both machines edit. */
export const path = 'notes/plan.md';

/** Opens the folder of the desk with these files, which both machines have, and shows the view. */
export async function openInSync(
  { desk, laptop }: Machines,
  paths: readonly string[] = [path],
): Promise<WorkbenchWindow> {
  const files = Object.fromEntries(paths.map((each) => [each, plan('dig', 'plant')]));
  const window = await desk.openInSync(laptop, files);
  await window.showContainer('Palmtree');
  await collapseNotes(window);
  return window;
}

/** Leaves one row for a file in conflict, the one below "Conflicts". */
export async function collapseNotes(window: WorkbenchWindow): Promise<void> {
  await tracked(window).collapse('notes');
}

/** Both machines edit the same line of the plan, and the laptop pushes first. */
export async function editBoth(
  { desk, laptop }: Machines,
  mine: string,
  theirs: string,
  later = 'plant',
): Promise<void> {
  await laptop.write(path, plan(theirs, later));
  await laptop.push();
  await desk.write(path, plan(mine, 'plant'));
}

export async function pullConflicts(window: WorkbenchWindow, counts = '↑1 ↓1'): Promise<void> {
  await window.pending(counts);
  await window.runCommand('Palmtree: Pull');
  await tracked(window).row('Conflicts').waitFor();
}

/** Opens the folder of the desk with a plan that a pull could not merge. */
export async function openConflict(machines: Machines, mine: string, theirs: string): Promise<WorkbenchWindow> {
  const window = await openInSync(machines);
  await editBoth(machines, mine, theirs);
  await pullConflicts(window);
  return window;
}

/** Opens another workspace with the folder of the desk, which does not open the editors of the first one again. */
export async function openOtherWorkspace(
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
export async function openMergeEditor(window: WorkbenchWindow): Promise<void> {
  await tracked(window).inlineAction('plan.md', 'Merge');
  await tracked(window).row('plan.md').filter({ hasText: 'merging' }).waitFor();
  await window.editor.conflictAction('Accept Combination').waitFor();
}

/**
 * Decides the only conflict in the merge editor. Waits until the editor shows the conflict, since it shows its actions before, and
 * then until it has the result.
 */
export async function acceptInMergeEditor(window: WorkbenchWindow, action: string): Promise<void> {
  const undecided = window.editor.mergeEditor.getByText('No Changes Accepted');
  await undecided.waitFor();
  await window.editor.conflictAction(action).click();
  await undecided.waitFor({ state: 'hidden' });
}

/** The file may be in sync with the server before its merge has ended. */
export async function mergeEnded(window: WorkbenchWindow): Promise<void> {
  await window.editor.mergeEditor.waitFor({ state: 'detached' });
  await tracked(window).row('plan.md').filter({ hasText: 'merging' }).waitFor({ state: 'hidden' });
}

/** Closes the shown editor without saving. VS Code asks before, if it knows by then that conflicts are left. */
export async function closeMerge(window: WorkbenchWindow): Promise<void> {
  await window.runCommand('View: Close Editor');
  const question = window.page.getByRole('dialog').getByRole('button', { name: /Don't Save|Close with Conflicts/ });
  await expect
    .poll(async () => {
      if (await question.isVisible()) await question.click();
      return window.page.locator('.part.editor .tab').count();
    })
    .toBe(0);
}

export function plan(first: string, second: string): string {
  return `# Garden\n\n- ${first}\n- water\n- rest\n\n## Later\n\n- ${second}\n`;
}

export function tracked(window: WorkbenchWindow): ViewPart {
  return window.view('Tracked Files');
}
