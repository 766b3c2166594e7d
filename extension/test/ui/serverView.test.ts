import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { pushFiles } from '../support/workbench/desk';
import { picture } from '../support/workbench/picture';
import { RunningServer } from '../support/servers/server';
import { TestWorkbench } from '../support/workbench/testWorkbench';
import { it } from '../support/workbench/uiTest';
import { Machine } from '../sync/machine';
import type { ViewPart } from '../support/workbench/viewPart';
import type { WorkbenchWindow } from '../support/workbench/workbenchWindow';

const itWithOwnServer = it
  .extend('server', async ({}, { onCleanup }) => {
    const server = await RunningServer.start('desk');
    onCleanup(() => server.close());
    return server;
  })
  .extend('laptop', async ({ server, tree }, { onCleanup }) => {
    const laptop = await Machine.open({ url: server.url, token: server.token, tree });
    onCleanup(() => laptop.remove());
    return laptop;
  })
  .extend('workbench', async ({ server, extensionsDir }, { onCleanup }) => {
    const workbench = await TestWorkbench.start({ extensionsDir, server });
    onCleanup(() => workbench.close());
    return workbench;
  });

const files = {
  'notes/photos/palm.txt': 'x'.repeat(2_400),
  'notes/photos/sea.txt': 'y'.repeat(1_000),
  'notes/plan.md': '# Garden\n',
  'notes/seeds.md': 'beans\n',
};

/** Shows the view, with the rows in "notes". */
async function openView(window: WorkbenchWindow): Promise<ViewPart> {
  await window.showContainer('Palmtree');
  await window.view('File History').fold(true);
  const view = window.view('Server');
  await view.fold(false);
  await view.expand('notes');
  return view;
}

/** The row's name is drawn in the color of what is not here. */
function dimmed(view: ViewPart, name: string) {
  return view.row(name).locator('.monaco-icon-label[class*="monaco-decoration-itemColor"]');
}

describe('the view of the server', () => {
  it('lets the user choose the files of the first pull, and brings others later', async ({ desk, laptop }) => {
    await pushFiles(laptop, files);
    const window = await desk.open();
    await window.pending('↓4');
    await window.runCommand('Palmtree: Pull');
    await window.answerDialog('Pull all 4 files', 'Choose Files…');
    const view = window.view('Server');
    await window.view('File History').fold(true);
    await view.row('photos').filter({ hasText: '2 files, 3.4 kB' }).waitFor();
    await view.row('photos').locator('.custom-view-tree-node-item-checkbox').click();
    await view.header.filter({ hasText: '15 bytes of 3.4 kB' }).waitFor();
    await view.message.filter({ hasText: '2 of 4 files are checked' }).waitFor();
    await picture(window, 'server-choice', { pointer: view.header });
    await view.action('Pull Chosen Files');
    await desk.becomes('notes/plan.md', files['notes/plan.md']);
    await window.inSync();
    expect(existsSync(desk.path('notes/photos'))).toBe(false);

    await view.row('photos').filter({ hasText: 'left out here' }).waitFor();
    await dimmed(view, 'photos').waitFor();
    await view.pane.locator('.custom-view-tree-node-item-checkbox').first().waitFor({ state: 'detached' });
    await dimmed(view, 'plan.md').waitFor({ state: 'detached' });
    await view.pane.getByRole('treeitem', { name: 'photos, 2 files, 3.4 kB, left out here, in notes' }).waitFor();
    await window.notifications.close('Pulled');
    await picture(window, 'server');
    await view.inlineAction('photos', 'Bring Here');
    await desk.becomes('notes/photos/sea.txt', files['notes/photos/sea.txt']);
    await dimmed(view, 'photos').waitFor({ state: 'detached' });

    await window.notifications.click('Pulled 2 files', 'Undo');
    await expect.poll(() => existsSync(desk.path('notes/photos'))).toBe(false);
    await view.row('photos').filter({ hasText: 'left out here' }).waitFor();
    await window.inSync();
    expect(await desk.pathsOnServer()).toEqual(Object.keys(files));
  });

  it('leaves files out here, keeps what differs, and takes that back', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, files);
    await desk.write('notes/photos/sea.txt', 'edited');
    await desk.delete('notes/seeds.md');
    await window.pending('↑2');
    const view = await openView(window);
    await view.row('seeds.md').filter({ hasText: 'deleted here' }).waitFor();
    await view.contextMenu('photos', 'Leave Out Here…');
    const question = 'Leave notes/photos out on this machine?';
    await window.page
      .getByRole('dialog')
      .getByText(/kept in any case \(1\):\s+notes\/photos\/sea\.txt/)
      .waitFor();
    await picture(window, 'server-leave-out', { panel: true });
    await window.answerDialog(question, 'Delete the Copy Here');
    await view.row('photos').filter({ hasText: 'left out here' }).waitFor();
    expect(existsSync(desk.path('notes/photos/palm.txt'))).toBe(false);
    expect(await desk.read('notes/photos/sea.txt')).toBe('edited');
    await window.pending('↑1');
    expect(await desk.pathsOnServer()).toEqual(Object.keys(files));
    await window.notifications.click('notes/photos is left out on this machine', 'Undo');
    await desk.becomes('notes/photos/palm.txt', files['notes/photos/palm.txt']);
    await window.pending('↑2');
  });

  it('finds a file by its name, opens it read-only, and reveals it', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, files);
    const { quickInput } = window;
    await window.runCommand('Palmtree: Find File on Server…');
    await quickInput.title.filter({ hasText: '4 files' }).waitFor();
    await quickInput.filter('ntsplan');
    await quickInput.title.filter({ hasText: '1 file' }).waitFor();
    await quickInput.row('notes/plan.md').filter({ hasText: '9 bytes' }).waitFor();
    await picture(window, 'server-find', { panel: true });
    await quickInput.pick('notes/plan.md');
    await window.editor.titled('plan.md (r1)').waitFor();
    await window.editor.lines.filter({ hasText: '# Garden' }).waitFor();
    await window.runCommand('Palmtree: Find File on Server…');
    await quickInput.filter('sea');
    // A list that is replaced at this moment takes no click.
    await quickInput.title.filter({ hasText: '1 file' }).waitFor();
    await quickInput.row('notes/photos/sea.txt').hover();
    await quickInput.row('notes/photos/sea.txt').getByRole('button', { name: 'Reveal in Server View' }).click();
    await window.view('Server').row('sea.txt').waitFor();
  });

  itWithOwnServer('works while offline, and says how old it is', async ({ desk, laptop, server }) => {
    const window = await desk.openInSync(laptop, files);
    await server.kill();
    const view = await openView(window);
    await view.message.filter({ hasText: /Offline\. These are the files of revision 1, as of / }).waitFor();
    await view.row('plan.md').click();
    await window.editor.lines.filter({ hasText: '# Garden' }).waitFor();
    await picture(window, 'server-offline');
    await window.reload();
    await window.showContainer('Palmtree');
    await view.message.filter({ hasText: /Offline\. These are the files of revision 1, as of / }).waitFor();
    await view.row('seeds.md').waitFor();
  });
});
