import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../../src/io/api/client';
import { startServer, type RunningServer } from '../support/server';
import { TestWorkbench } from '../support/testWorkbench';
import type { WorkbenchWindow } from '../support/workbenchWindow';

let server: RunningServer;
let workbench: TestWorkbench;
let folder: string;
let window: WorkbenchWindow;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = new Client(server.url, server.token);
  workbench = await TestWorkbench.start();
  folder = await mkdtemp(join(tmpdir(), 'palmtree-first-run-'));
  for (let n = 0; n < 12; n++) {
    await mkdir(join(folder, 'data'), { recursive: true });
    await writeFile(join(folder, `data/${n}.txt`), `file ${n}\n`);
  }
  window = await workbench.openFolder(folder);
});
afterAll(async () => {
  await workbench?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a new user', () => {
  it('is led from the welcome view through the connection to tracking', async () => {
    await window.statusBarText('push', 'Palmtree');
    await window.showContainer('Palmtree');
    await window.welcomeButton('Connect to Server').click();
    const { quickInput } = window;
    await quickInput.answer('', 'Address of your Palmtree server');
    await quickInput.message.getByText('Enter the address of your server.').waitFor();
    await quickInput.answer('http://127.0.0.1:9');
    await quickInput.message.getByText("can't be reached").waitFor();
    await quickInput.answer(server.url);
    await typeToken('ptk_not-a-token');
    await quickInput.message.getByText('does not accept this token').waitFor();
    await typeToken(server.token);
    await quickInput.answer('first run', 'your other machines use the same one');
    await quickInput.message.getByText('is not a valid tree name').waitFor();
    await quickInput.answer('first-run');
    await window.welcomeButton('Track Files').waitFor();
    await window.welcomeButton('Track Files').click();
    await window.quickInput.answer('data', 'Files and folders');
    await window.statusBarText('push', '↑12');
    await window.clickStatusBarItem('push');
    await window.terminal.waitFor('Transferred.');
    await window.statusBarText('push', 'Palmtree');
    expect((await client.files('first-run', 0)).files).toHaveLength(12);
  });

  it('connects again with the address and the token there are, and leaves at any step', async () => {
    await window.runCommand('Palmtree: Connect to Server…');
    await expect.poll(() => window.quickInput.input.inputValue()).toBe(server.url);
    await window.quickInput.input.press('Enter');
    await window.page.getByText('leave empty to keep the stored one').waitFor();
    await typeToken('');
    await window.quickInput.rows.filter({ hasText: 'first-run' }).waitFor();
    await window.quickInput.cancel();
    await window.statusBarText('push', 'Palmtree');
    expect(await window.notifications.all.count()).toBe(0);
  });

  it('cancels a long push with Ctrl-C in the terminal, and both sides are as they were', async () => {
    await writeFile(join(folder, 'data/large.bin'), randomBytes(600_000_000));
    await window.statusBarText('push', '↑1', 60_000);
    await window.clickStatusBarItem('push');
    await window.terminal.waitFor('large.bin');
    await window.terminal.press('Control+C');
    await window.terminal.waitFor('Cancelled.');
    await window.statusBarText('push', '↑1');
    expect((await client.files('first-run', 0)).files).toHaveLength(12);
    await expect.poll(() => readdir(join(server.dataDir, 'sessions'))).toEqual([]);
    await rm(join(folder, 'data/large.bin'));
    await window.statusBarText('push', 'Palmtree');
  });

  it('is asked before a push that deletes most files', async () => {
    for (let n = 0; n < 10; n++) await rm(join(folder, `data/${n}.txt`));
    await window.statusBarText('push', '↑10');
    await window.clickStatusBarItem('push');
    await window.answerDialog('delete 10 of 12 tracked files', 'Cancel');
    expect((await client.files('first-run', 0)).files).toHaveLength(12);
    await window.clickStatusBarItem('push');
    await window.answerDialog('delete 10 of 12 tracked files', 'Delete 10 on the Server');
    await window.statusBarText('push', 'Palmtree');
    expect((await client.files('first-run', 0)).files).toHaveLength(2);
  });

  it('sees what a force push replaces before it does', async () => {
    const { revision } = await client.files('first-run', 0);
    const session = await client.beginPush('first-run', {
      base: revision,
      changes: [{ op: 'delete', path: 'data/11.txt' }],
    });
    await client.commitPush('first-run', session.id);
    await window.runCommand('Palmtree: Push (Force)…');
    await window.answerDialog('data/11.txt', 'Force Push');
    await window.statusBarText('push', 'Palmtree');
    const { files } = await client.files('first-run', 0);
    expect(files.map(({ path }) => path)).toEqual(['data/10.txt', 'data/11.txt']);
  });

  it('sees on a folder what waits in it, and the versions of a file from its row', async () => {
    await window.showContainer('Palmtree');
    await writeFile(join(folder, 'data/10.txt'), 'changed\n');
    await window.treeView.row('data').filter({ hasText: '↑1' }).waitFor();
    await window.treeView.contextMenu('11.txt', 'Show File History');
    await window.view('File History').row('r1 by test').waitFor();
    await writeFile(join(folder, 'data/10.txt'), 'file 10\n');
    await window.statusBarText('push', 'Palmtree');
  });

  it('takes the untracking of a folder back', async () => {
    await window.treeView.contextMenu('data', 'Untrack');
    await window.treeView.row('data').waitFor({ state: 'hidden' });
    await window.notifications.click('data is no longer synced here', 'Undo');
    await window.treeView.row('data').waitFor();
    await window.statusBarText('push', 'Palmtree');
    expect((await client.files('first-run', 0)).files).toHaveLength(2);
  });

  it('untracks from a row of the view, and the file stays on both sides', async () => {
    await window.treeView.expand('data');
    await window.treeView.contextMenu('10.txt', 'Untrack');
    await window.treeView.row('10.txt').waitFor({ state: 'hidden' });
    expect(await readdir(join(folder, 'data'))).toContain('10.txt');
    expect((await client.files('first-run', 0)).files).toHaveLength(2);
  });
});

async function typeToken(token: string): Promise<void> {
  const input = window.page.locator('.quick-input-widget input[type=password]:visible');
  await input.fill(token);
  await input.press('Enter');
}
