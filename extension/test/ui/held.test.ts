import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { pushFiles, type Desk } from '../support/workbench/desk';
import { picture } from '../support/workbench/picture';
import { it } from '../support/workbench/uiTest';
import type { WorkbenchWindow } from '../support/workbench/workbenchWindow';
import type { Machine } from '../sync/machine';

const question = 'has files from other tokens: laptop. Pull these 2 files to this machine?';

/** Opens a desk that tracks "notes", to which the laptop then adds two files outside of it. */
async function openWithHeld(desk: Desk, laptop: Machine): Promise<WorkbenchWindow> {
  const window = await desk.openInSync(laptop, { 'notes/plan.md': '# Garden\n' });
  await laptop.write('other/list.md', '# List\n');
  await laptop.write('.envrc', 'echo theirs\n');
  await laptop.sync.track(['other', '.envrc']);
  await laptop.write('notes/plan.md', '# Garden\n\npeas\n');
  await laptop.push();
  return window;
}

describe('files of others outside the tracked folders', () => {
  it('are listed with their reasons, and pulled once the user agrees', async ({ desk, laptop }) => {
    const window = await openWithHeld(desk, laptop);
    await window.pending('↓1 ?2');
    await window.showContainer('Palmtree');
    await window.view('Tracked Files').row('.envrc').waitFor();
    await window.clickStatusBarItem();
    const dialog = window.page.getByRole('dialog').filter({ hasText: question });
    await dialog.getByText(/without asking \(1\):\s+\.envrc: it sets up the environment of programs/).waitFor();
    await dialog.getByText(/does not track these \(1\):\s+other\/list\.md/).waitFor();
    await picture(window, 'held-question', { panel: true });
    expect(await desk.read('notes/plan.md')).toContain('peas');
    expect(existsSync(desk.path('.envrc'))).toBe(false);
    await window.answerDialog(question, 'Pull These');
    await desk.becomes('other/list.md', '# List\n');
    await desk.becomes('.envrc', 'echo theirs\n');
    await window.inSync();
    await pushFiles(laptop, { 'more/list.md': '# More\n' });
    await laptop.sync.track(['more']);
    await laptop.push();
    await window.pending('↓1');
    await window.clickStatusBarItem();
    await desk.becomes('more/list.md', '# More\n');
  });

  it('are left to the user by automation, and left out for good if the user says so', async ({ desk, laptop }) => {
    await desk.configure({ 'palmtree.pullOn': 'change' });
    const window = await openWithHeld(desk, laptop);
    await desk.becomes('notes/plan.md', '# Garden\n\npeas\n');
    await window.pending('?2');
    expect(await window.page.getByRole('dialog').count()).toBe(0);
    expect(await window.notifications.all.count()).toBe(0);
    await window.clickStatusBarItem();
    await window.answerDialog(question, 'Leave Them Out');
    await window.inSync();
    expect(existsSync(desk.path('other'))).toBe(false);
    await window.runCommand('Palmtree: Pull Held Files…');
    await window.answerDialog(question, 'Cancel');
    await window.pending('?2');
  });
});

describe('the choice of files for the first pull', () => {
  it('asks about files that programs obey, also in chosen folders, and leaves them out', async ({ desk, laptop }) => {
    const names = ['.vscode/tasks.json', '.husky/pre-commit', 'docs/a.md', 'docs/Makefile', 'big.iso'];
    for (const name of names) await laptop.write(name, 'theirs\n');
    await laptop.sync.track(names);
    await laptop.push();
    const window = await desk.open();
    await window.pending('↓2 ?3');
    await window.runCommand('Palmtree: Pull');
    await window.answerDialog('Pull all 5 files', 'Choose Files…');
    const view = window.view('Server');
    await window.view('File History').fold(true);
    await view.row('big.iso').locator('.custom-view-tree-node-item-checkbox').click();
    await view.message.filter({ hasText: '4 of 5 files are checked' }).waitFor();
    await view.action('Pull Chosen Files');
    const asked = 'has files from other tokens: laptop. Pull these 3 files to this machine?';
    const dialog = window.page.getByRole('dialog').filter({ hasText: asked });
    await dialog.getByText(/\.husky\/pre-commit: .*\.vscode\/tasks\.json: .*docs\/Makefile: /s).waitFor();
    await window.answerDialog(asked, 'Leave Them Out');
    await desk.becomes('docs/a.md', 'theirs\n');
    await window.inSync();
    for (const path of ['.vscode/tasks.json', '.husky', 'docs/Makefile', 'big.iso']) {
      expect(existsSync(desk.path(path))).toBe(false);
    }
  });
});
