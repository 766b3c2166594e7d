import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../../src/io/api/client';
import { startServer, type RunningServer } from '../support/server';
import { TestWorkbench } from '../support/testWorkbench';

let server: RunningServer;
let scratch: string;

beforeAll(async () => {
  server = await startServer();
  scratch = await mkdtemp(join(tmpdir(), 'palmtree-workspaces-'));
});
afterAll(async () => {
  await server?.close();
  await rm(scratch, { recursive: true, force: true });
});

async function folder(name: string, tree: string): Promise<string> {
  const path = join(scratch, name);
  await mkdir(join(path, '.vscode'), { recursive: true });
  const settings = { 'palmtree.serverUrl': server.url, 'palmtree.tree': tree };
  await writeFile(join(path, '.vscode/settings.json'), JSON.stringify(settings));
  await writeFile(join(path, `${name}.md`), `# ${name}\n`);
  return path;
}

async function pathsOf(tree: string): Promise<string[]> {
  const { files } = await new Client(server.url, server.token).files(tree, 0);
  return files.map(({ path }) => path);
}

describe('a workspace with two folders', () => {
  it('binds each to a tree of its own, and shows both', async () => {
    await folder('garden', 'garden-tree');
    await folder('kitchen', 'kitchen-tree');
    const file = join(scratch, 'home.code-workspace');
    await writeFile(file, JSON.stringify({ folders: [{ path: 'garden' }, { path: 'kitchen' }] }));
    const env = { PALMTREE_SERVER_URL: server.url, PALMTREE_TOKEN: server.token };
    const workbench = await TestWorkbench.start({ env });
    try {
      const window = await workbench.openFolder(file);
      for (const name of ['garden', 'kitchen']) {
        await window.explorer.expand(name);
        await window.explorer.contextMenu(`${name}.md`, 'Track for sync');
      }
      await window.statusBarText('push', '↑2');
      await window.showContainer('Palmtree');
      await window.treeView.row('garden').waitFor();
      await window.treeView.row('kitchen.md').waitFor();
      await window.runCommand('Palmtree: Push');
      await window.quickInput.pick('kitchen');
      await window.answerDialog('The tree "kitchen-tree" doesn\'t exist', 'Create Tree');
      await window.statusBarText('push', '↑1');
      expect(await pathsOf('kitchen-tree')).toEqual(['kitchen.md']);
      await window.runCommand('Palmtree: Push');
      await window.quickInput.pick('garden');
      await window.answerDialog('The tree "garden-tree" doesn\'t exist', 'Create Tree');
      await window.statusBarText('push', 'Palmtree');
      expect(await pathsOf('garden-tree')).toEqual(['garden.md']);
    } finally {
      await workbench.close();
    }
  });
});

describe('a folder in several windows', () => {
  it('has one state: in a window, after its crash, and in a .code-workspace', async () => {
    const path = await folder('attic', 'attic-tree');
    await writeFile(join(path, 'big.bin'), 'big');
    const file = join(scratch, 'house.code-workspace');
    await writeFile(file, JSON.stringify({ folders: [{ path: 'attic' }] }));
    const env = { PALMTREE_SERVER_URL: server.url, PALMTREE_TOKEN: server.token };
    const workbench = await TestWorkbench.start({ env, keepHosts: true });
    try {
      const first = await workbench.openFolder(path);
      await first.explorer.contextMenu('attic.md', 'Track for sync');
      await first.explorer.contextMenu('big.bin', 'Track for sync');
      await first.statusBarText('push', '↑2');
      await first.runCommand('Palmtree: Push');
      await first.answerDialog('The tree "attic-tree" doesn\'t exist', 'Create Tree');
      await first.statusBarText('push', 'Palmtree');
      await first.explorer.contextMenu('big.bin', 'Untrack');
      await writeFile(join(path, 'attic.md'), '# Attic, edited\n');
      await first.statusBarText('push', '↑1');
      await first.crash();

      const second = await workbench.openFolder(path);
      await second.statusBarText('push', '↑1');
      const workspace = await workbench.openFolder(file);
      await workspace.statusBarText('push', '↑1');
      await workspace.runCommand('Palmtree: Push');
      await workspace.statusBarText('push', 'Palmtree');
      await second.statusBarText('push', 'Palmtree');
      for (const window of [second, workspace]) {
        await window.runCommand('Palmtree: Rescan');
        await window.statusBarText('push', 'Palmtree');
      }
    } finally {
      await workbench.close();
    }
  });
});

describe('a workspace that is not trusted', () => {
  it('is left alone until it is', async () => {
    const path = await folder('stranger', 'stranger-tree');
    const env = { PALMTREE_SERVER_URL: server.url, PALMTREE_TOKEN: server.token };
    const workbench = await TestWorkbench.start({ env, trust: true });
    try {
      const window = await workbench.openFolder(path);
      await window.showContainer('Palmtree');
      await window.page.locator('.welcome-view-content').getByText('Trust this workspace to sync').waitFor();
      expect(await window.statusBarItem('push').count()).toBe(0);
      await window.welcomeButton('Manage Workspace Trust').click();
      await window.page.getByRole('button', { name: 'Trust', exact: true }).click();
      await window.statusBarText('push', 'Palmtree');
      await window.welcomeButton('Track Files').waitFor();
    } finally {
      await workbench.close();
    }
  });
});
