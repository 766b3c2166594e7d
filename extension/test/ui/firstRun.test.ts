import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { Client } from '../../src/io/api/client';
import { RunningServer } from '../support/servers/server';
import { TestWorkbench } from '../support/workbench/testWorkbench';
import { it as uiTest } from '../support/workbench/uiTest';

/** Uses a server without trees, and a workbench that knows no server and no token. */
const it = uiTest
  .extend('server', async ({}, { onCleanup }) => {
    const server = await RunningServer.start('desk');
    onCleanup(() => server.close());
    return server;
  })
  .extend('workbench', async ({ extensionsDir }, { onCleanup }) => {
    const workbench = await TestWorkbench.start({ extensionsDir });
    onCleanup(() => workbench.close());
    return workbench;
  })
  .extend('window', async ({ scratch, openWindow }) => {
    const folder = join(scratch, 'desk');
    await mkdir(join(folder, 'data'), { recursive: true });
    for (let n = 0; n < 12; n++) await writeFile(join(folder, `data/${n}.txt`), `file ${n}\n`);
    const window = await openWindow(folder);
    await window.activated();
    await window.showContainer('Palmtree');
    return window;
  });

describe('a new user', () => {
  it('is led from the welcome view through the connection to tracking', async ({ server, tree, window }) => {
    const view = window.view('Tracked Files');
    await view.welcomeButton('Connect to Server').click();
    const { quickInput } = window;
    await quickInput.answer('', 'Address of your Palmtree server');
    await quickInput.message.getByText('Enter the address of your server.').waitFor();
    await quickInput.answer('http://127.0.0.1:2');
    await quickInput.message.getByText("can't be reached").waitFor();
    await quickInput.answer(server.url);
    await quickInput.answerPassword('ptk_not-a-token');
    await quickInput.message.getByText('does not accept this token').waitFor();
    await quickInput.answerPassword(server.token);
    await quickInput.answer('a tree', 'your other machines use the same one');
    await quickInput.message.getByText('is not a valid tree name').waitFor();
    await quickInput.answer(tree);
    await view.welcomeButton('Track Files').click();
    await quickInput.answer('data', 'Files and folders');
    await window.pending('↑12');
    await window.clickStatusBarItem();
    await window.terminal.waitFor('Transferred.');
    await window.inSync();
    expect((await new Client(server.url, server.token).files(tree, 0)).files).toHaveLength(12);
  });

  it('connects again with the stored address and token, and leaves at any step', async ({ server, tree, window }) => {
    const { quickInput } = window;
    await window.view('Tracked Files').welcomeButton('Connect to Server').click();
    await quickInput.answer(server.url, 'Address of your Palmtree server');
    await quickInput.answerPassword(server.token);
    await quickInput.answer(tree, 'your other machines use the same one');
    await window.view('Tracked Files').welcomeButton('Track Files').waitFor();
    await window.runCommand('Palmtree: Connect to Server…');
    await expect.poll(() => quickInput.input.inputValue()).toBe(server.url);
    await quickInput.input.press('Enter');
    await quickInput.showing('leave empty to keep the stored one').waitFor();
    await quickInput.answerPassword('');
    await quickInput.row(tree).waitFor();
    await quickInput.cancel();
    await window.view('Tracked Files').welcomeButton('Track Files').waitFor();
    expect(await window.notifications.all.count()).toBe(0);
  });
});
