import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { Client } from '../../src/io/api/client';
import { picture } from '../support/workbench/picture';
import { TestWorkbench } from '../support/workbench/testWorkbench';
import { it } from '../support/workbench/uiTest';

const itWithTrust = it.extend('workbench', async ({ server, extensionsDir }, { onCleanup }) => {
  const workbench = await TestWorkbench.start({ extensionsDir, server, trust: true });
  onCleanup(() => workbench.close());
  return workbench;
});

const itWithKeptHosts = it.extend('workbench', async ({ server, extensionsDir }, { onCleanup }) => {
  const workbench = await TestWorkbench.start({ extensionsDir, server, keepHosts: true });
  onCleanup(() => workbench.close());
  return workbench;
});

describe('a workspace with two folders', () => {
  it('binds each to a tree of its own, and shows both', async ({ scratch, server, tree, openWindow }) => {
    const trees = { garden: `${tree}-garden`, kitchen: `${tree}-kitchen` };
    for (const name of ['garden', 'kitchen'] as const)
      await createFolder(join(scratch, name), `${name}.md`, trees[name]);
    const file = join(scratch, 'home.code-workspace');
    await writeFile(file, JSON.stringify({ folders: [{ path: 'garden' }, { path: 'kitchen' }] }));
    const window = await openWindow(file);
    await window.activated();
    for (const name of ['garden', 'kitchen']) {
      await window.explorer.expand(name);
      await window.explorer.contextMenu(`${name}.md`, 'Track for sync');
    }
    await window.pending('↑2');
    await window.showContainer('Palmtree');
    await window.view('Tracked Files').row('garden').waitFor();
    await window.view('Tracked Files').row('kitchen.md').waitFor();

    const client = new Client(server.url, server.token);
    const pathsOf = async (name: string) => (await client.files(name, 0)).files.map(({ path }) => path);
    await window.runCommand('Palmtree: Push');
    await window.quickInput.pick('kitchen');
    await window.answerDialog(`The tree "${trees.kitchen}" doesn't exist`, 'Create Tree');
    await window.pending('↑1');
    expect(await pathsOf(trees.kitchen)).toEqual(['kitchen.md']);
    await window.runCommand('Palmtree: Push');
    await window.quickInput.pick('garden');
    await window.answerDialog(`The tree "${trees.garden}" doesn't exist`, 'Create Tree');
    await window.inSync();
    expect(await pathsOf(trees.garden)).toEqual(['garden.md']);
  });

  it('has a row for each with its state, and a click pushes the one that has something to push', async ({
    scratch,
    tree,
    openWindow,
  }) => {
    await createFolder(join(scratch, 'garden'), 'garden.md', tree);
    await mkdir(join(scratch, 'kitchen'));
    const file = join(scratch, 'home.code-workspace');
    await writeFile(file, JSON.stringify({ folders: [{ path: 'garden' }, { path: 'kitchen' }] }));
    const window = await openWindow(file);
    await window.activated();
    await window.explorer.expand('garden');
    await window.explorer.contextMenu('garden.md', 'Track for sync');
    await window.pending('↑1');
    await window.showContainer('Palmtree');
    const view = window.view('Tracked Files');
    await view.row('garden').filter({ hasText: '↑1' }).waitFor();
    await view.row('kitchen').filter({ hasText: 'not connected' }).waitFor();
    await picture(window, 'folders');
    await window.clickStatusBarItem();
    await window.answerDialog(`The tree "${tree}" doesn't exist`, 'Create Tree');
    await window.inSync();
    await view.contextMenu('kitchen', 'Connect to Server…');
    await window.quickInput.showing('Address of your Palmtree server').waitFor();
  });
});

describe('a folder in several windows', () => {
  itWithKeptHosts(
    'has one state: in a window, after its crash, and in a .code-workspace',
    async ({ desk, laptop, scratch, openWindow, openWindowBeside }) => {
      const first = await desk.openInSync(laptop, { 'notes/big.bin': 'big', 'notes/plan.md': '# Garden\n' });
      await first.explorer.expand('notes');
      await first.explorer.contextMenu('big.bin', 'Untrack');
      await desk.write('notes/plan.md', '# Garden, edited\n');
      await first.pending('↑1');
      await first.crash();

      const second = await openWindow(desk.folder);
      await second.pending('↑1');
      const file = join(scratch, 'house.code-workspace');
      await writeFile(file, JSON.stringify({ folders: [{ path: 'desk' }] }));
      const workspace = await openWindowBeside(file);
      await workspace.pending('↑1');
      await workspace.runCommand('Palmtree: Push');
      for (const window of [workspace, second]) {
        await window.inSync();
        await window.runCommand('Palmtree: Rescan');
        await window.inSync();
      }
    },
  );
});

describe('a workspace that is not trusted', () => {
  itWithTrust('is not synced until it is trusted', async ({ scratch, tree, openWindow }) => {
    await createFolder(scratch, 'plan.md', tree);
    const window = await openWindow(scratch);
    await window.showContainer('Palmtree');
    const view = window.view('Tracked Files');
    await view.pane.getByText('Trust this workspace to sync').waitFor();
    expect(await window.statusBarItem('push').count()).toBe(0);
    await view.welcomeButton('Manage Workspace Trust').click();
    await window.page.locator('.part.editor').getByRole('button', { name: 'Trust', exact: true }).click();
    await window.activated();
    await view.welcomeButton('Track Files').waitFor();
  });
});

/** Creates a folder with one file, bound to a tree that does not exist. */
async function createFolder(folder: string, file: string, tree: string): Promise<void> {
  await mkdir(join(folder, '.vscode'), { recursive: true });
  await writeFile(join(folder, '.vscode/settings.json'), JSON.stringify({ 'palmtree.tree': tree }));
  await writeFile(join(folder, file), `# ${file}\n`);
}
