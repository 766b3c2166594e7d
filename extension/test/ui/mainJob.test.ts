import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { picture } from '../support/picture';
import { startServer, type RunningServer } from '../support/server';
import { TestWorkbench } from '../support/testWorkbench';
import type { WorkbenchWindow } from '../support/workbenchWindow';
import { Client } from '../../src/io/api/client';
import { expectSame, listing } from '../sync/machine';

const tree = 'garden';

let server: RunningServer;
let workbench: TestWorkbench;
let scratch: string;
let desk: { folder: string; window: WorkbenchWindow };
let laptop: { folder: string; window: WorkbenchWindow };

beforeAll(async () => {
  server = await startServer();
  await new Client(server.url, server.token).makeTree(tree);
  workbench = await TestWorkbench.start({
    env: { PALMTREE_SERVER_URL: server.url, PALMTREE_TOKEN: server.token },
    settings: { 'palmtree.serverUrl': server.url, 'palmtree.tree': tree },
  });
  scratch = await mkdtemp(join(tmpdir(), 'palmtree-main-job-'));
  const deskFolder = join(scratch, 'desk');
  await fillGarden(deskFolder);
  desk = { folder: deskFolder, window: await workbench.openFolder(deskFolder) };
});
afterAll(async () => {
  await workbench?.close();
  await server?.close();
  await rm(scratch, { recursive: true, force: true });
});

describe('the main job, in the workbench', () => {
  it('tracks a folder from the explorer, and shows what waits', async () => {
    const { window } = desk;
    await window.explorer.contextMenu('notes', 'Track for sync');
    await window.statusBarText('push', '↑6');
    await window.showContainer('Palmtree');
    await window.treeView.expand('notes');
    await window.treeView.row('plan.md').waitFor();
    await window.treeView.row('plan.md').filter({ hasText: 'added' }).waitFor();
    await window.badge('Palmtree').filter({ hasText: '6' }).waitFor();
    await window.treeView.row('plan.md').locator('[class*="monaco-decoration-itemBadge"]').waitFor();
    await picture(window, 'tracked');
  });

  it('pushes at a click on the status bar, with rsync in the terminal', async () => {
    const { window } = desk;
    await window.clickStatusBarItem('push');
    const screen = await window.terminal.waitFor('Transferred.');
    expect(screen).toMatch(/sent [\d.,K]+ bytes {2}received/);
    expect(screen).toContain('notes/water.sh');
    expect(screen).not.toContain(server.token);
    await window.statusBarText('push', 'Palmtree');
    expect(await serverTable()).toEqual(await contents(join(desk.folder, 'notes'), 'notes/'));
  });

  it('brings the folder to a second workspace, byte for byte with mtimes and modes', async () => {
    const folder = join(scratch, 'laptop');
    await mkdir(folder);
    laptop = { folder, window: await workbench.openFolder(folder) };
    await laptop.window.statusBarText('push', '↓6');
    await laptop.window.runCommand('Palmtree: Pull');
    await laptop.window.explorer.row('notes').waitFor();
    await laptop.window.statusBarText('push', 'Palmtree');
    expectSame(await listing(join(folder, 'notes')), await listing(join(desk.folder, 'notes')));
  });

  it('carries an edit, a deletion and a rename over', async () => {
    const { window, folder } = laptop;
    await window.explorer.row('notes').click();
    await window.editor.open('plan.md');
    await window.editor.append('\n- water the palms\n');
    await window.editor.save();
    await rm(join(folder, 'notes/drafts/old.md'));
    await rename(join(folder, 'notes/photo.bin'), join(folder, 'notes/palm.bin'));
    // VS Code's watcher may have missed a folder that came with another one, as this one did.
    await window.runCommand('Palmtree: Rescan');
    await window.statusBarText('push', '↑4');
    await window.clickStatusBarItem('push');
    await window.statusBarText('push', 'Palmtree');
    await window.terminal.waitFor('Transferred.');
    await picture(window, 'pushed', { panel: true });
    await desk.window.runCommand('Palmtree: Pull');
    await desk.window.treeView.row('palm.bin').waitFor();
    await desk.window.statusBarText('push', 'Palmtree');
    expectSame(await listing(join(desk.folder, 'notes')), await listing(join(folder, 'notes')));
    expect(await readFile(join(desk.folder, 'notes/plan.md'), 'utf8')).toContain('water the palms');
  });

  it('refuses the second push of a file that both edited, and the pull keeps both versions', async () => {
    await writeFile(join(desk.folder, 'notes/plan.md'), "the desk's plan\n");
    await desk.window.statusBarText('push', '↑1');
    await desk.window.clickStatusBarItem('push');
    await desk.window.statusBarText('push', 'Palmtree');

    const { window, folder } = laptop;
    await writeFile(join(folder, 'notes/plan.md'), "the laptop's plan\n");
    await window.statusBarText('push', '↑1 ↓1');
    await window.runCommand('Palmtree: Push');
    expect(await window.notifications.text('newer changes')).toContain('nothing was sent');
    await window.notifications.click('newer changes', 'Pull');
    expect(await window.notifications.text('changed here and on the server')).toContain('Both versions are kept');
    await window.statusBarText('push', '!1');
    await window.showContainer('Palmtree');
    await window.treeView.expand('notes');
    await window.treeView.row('plan.md').filter({ hasText: 'conflict' }).waitFor();
    expect(await readFile(join(folder, 'notes/plan.md'), 'utf8')).toBe("the laptop's plan\n");
    const hash = createHash('sha256').update("the desk's plan\n").digest('hex');
    expect((await serverTable()).get('notes/plan.md')).toContain(hash);
    expect(await readFile(join(server.dataDir, 'objects', hash.slice(0, 2), hash), 'utf8')).toBe("the desk's plan\n");
  });

  it('compares a conflict with the server, and takes theirs at a click', async () => {
    const { window, folder } = laptop;
    // So that the only row of it is the one among the conflicts.
    await window.treeView.row('notes').click();
    await window.treeView.inlineAction('plan.md', 'Compare with Server');
    const diff = window.page.locator('.monaco-diff-editor');
    await diff.getByText("the desk's plan").waitFor();
    await diff.getByText("the laptop's plan").waitFor();
    await window.treeView.contextMenu('plan.md', 'Take Theirs');
    await window.statusBarText('push', 'Palmtree');
    expect(await readFile(join(folder, 'notes/plan.md'), 'utf8')).toBe("the desk's plan\n");
    expectSame(await listing(join(folder, 'notes')), await listing(join(desk.folder, 'notes')));
  });
});

async function fillGarden(folder: string): Promise<void> {
  const notes = join(folder, 'notes');
  await mkdir(join(notes, 'drafts'), { recursive: true });
  await writeFile(join(notes, 'plan.md'), '# Garden\n\n- dig\n- plant\n');
  await writeFile(join(notes, 'drafts/old.md'), 'an old draft\n');
  await writeFile(join(notes, 'drafts/ünï cødé 🌴.md'), 'a name with everything\n');
  await writeFile(join(notes, 'photo.bin'), Buffer.alloc(300_000, 'palm'));
  await writeFile(join(notes, 'water.sh'), '#!/bin/sh\necho water\n');
  await chmod(join(notes, 'water.sh'), 0o755);
  await symlink('plan.md', join(notes, 'today.md'));
  await writeFile(join(folder, 'README.md'), 'not tracked\n');
}

/** By path, the kind and the hash of what the server has. */
async function serverTable(): Promise<Map<string, string>> {
  const { files } = await new Client(server.url, server.token).files(tree, 0);
  return new Map(files.flatMap((file) => ('deleted' in file ? [] : [[file.path, `${file.kind} ${file.hash}`]])));
}

/** The same of a folder on disk. */
async function contents(folder: string, prefix: string): Promise<Map<string, string>> {
  const lines = [...(await listing(folder))].map(([path, { line }]): [string, string] => {
    const [kind, ...rest] = line.split(' ');
    const isLink = kind === 'link';
    const hash = isLink ? createHash('sha256').update(rest.join(' ')).digest('hex') : (rest.at(-1) ?? '');
    return [prefix + path, `${isLink ? 'symlink' : 'file'} ${hash}`];
  });
  return new Map(lines);
}
