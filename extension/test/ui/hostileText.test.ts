import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect } from 'vitest';
import { sendJson } from '../support/servers/hostileServer';
import { it as uiTest } from '../support/workbench/uiTest';

const it = uiTest
  /** Fails each request, in its own words. */
  .extend('mockingServer', async ({}, { onCleanup }) => {
    const message = '[See why](command:workbench.action.terminal.new) $(check)';
    const server = createServer((_, response) => sendJson(response, { error: { code: 'internal', message } }, 500));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onCleanup(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

describe('text from outside', () => {
  it('makes no link in a notification: a click on a name of a file runs no command', async ({ desk, laptop }) => {
    const name = 'notes/[Show both versions](command:workbench.action.terminal.new)';
    const window = await desk.openInSync(laptop, { [name]: 'a\n', 'notes/z.md': 'z\n' });
    await laptop.write(name, 'theirs\n');
    await laptop.push();
    await desk.write(name, 'mine\n');
    await window.pending('↑1 ↓1');
    await window.runCommand('Palmtree: Pull');
    expect(await window.notifications.text('1 conflict')).toContain('[Show both versions]');
    expect(await window.notifications.toast('1 conflict').locator('a[href^="command:"]').count()).toBe(0);
  });

  it('makes no link and no icon below an input box', async ({ desk, mockingServer }) => {
    const window = await desk.open();
    await window.runCommand('Palmtree: Connect to Server…');
    await window.quickInput.answer(mockingServer, 'Address of your Palmtree server');
    await window.quickInput.message.getByText('See why').waitFor();
    expect(await window.quickInput.message.locator('a').count()).toBe(0);
    expect(await window.quickInput.message.innerText()).toContain('check');
    await window.quickInput.cancel();
  });
});
