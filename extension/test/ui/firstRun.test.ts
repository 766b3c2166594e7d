import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../../src/io/client';
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
    await window.welcomeButton('Connect to a Server').click();
    await window.quickInput.answer(server.url, 'Address of your palmtree-server');
    await typeToken(server.token);
    await window.quickInput.answer('first-run', 'Name of the new tree');
    await window.welcomeButton('Track Files').waitFor();
    await window.welcomeButton('Track Files').click();
    await window.quickInput.answer('data', 'Files and folders');
    await window.statusBarText('push', '↑12');
    await window.clickStatusBarItem('push');
    await window.terminal.waitFor('Transferred.');
    await window.statusBarText('push', 'Palmtree');
    expect((await client.files('first-run', 0)).files).toHaveLength(12);
  });

  it('is told of a wrong token in words that help', async () => {
    await window.runCommand('Palmtree: Connect to a Server…');
    await window.quickInput.answer(server.url, 'Address of your palmtree-server');
    await typeToken('ptk_not-a-token');
    expect(await window.notifications.text('does not accept the token')).toContain('Connect with a valid one');
    await window.notifications.dismissAll();
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
    await window.answerDialog('delete 10 of 12 tracked files', 'Go On');
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

  it('untracks from a row of the view, and the file stays on both sides', async () => {
    await window.showContainer('Palmtree');
    await window.treeView.expand('data');
    await window.treeView.inlineAction('10.txt', 'Untrack');
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
