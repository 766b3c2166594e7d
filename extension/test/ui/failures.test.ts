import { describe, expect } from 'vitest';
import { picture } from '../support/workbench/picture';
import { RunningServer } from '../support/servers/server';
import { TestWorkbench } from '../support/workbench/testWorkbench';
import { it } from '../support/workbench/uiTest';

const itWithOwnServer = it
  .extend('server', async ({}, { onCleanup }) => {
    const server = await RunningServer.start('desk');
    onCleanup(() => server.close());
    return server;
  })
  .extend('workbench', async ({ server, extensionsDir }, { onCleanup }) => {
    const workbench = await TestWorkbench.start({ extensionsDir, server });
    onCleanup(() => workbench.close());
    return workbench;
  });

const unreachable = /can't be reached/;

describe('a push that failed', () => {
  itWithOwnServer(
    'is pushed again by Try Again with its message, and by a click in the status bar',
    async ({ desk, server }) => {
      await desk.write('notes/plan.md', '# Garden\n');
      const window = await desk.open();
      await window.explorer.contextMenu('notes', 'Track for sync');
      await window.pending('↑1');
      await server.kill();
      await window.runCommand('Palmtree: Push with Message…');
      await window.quickInput.answer('the beds');
      await window.notifications.toast(unreachable).waitFor();
      await server.restart();
      await window.notifications.click(unreachable, 'Try Again');
      await window.inSync();
      expect((await desk.client.revisions(desk.tree)).revisions[0]).toMatchObject({ number: 1, message: 'the beds' });

      await desk.write('notes/plan.md', '# Garden\n\npeas\n');
      await window.pending('↑1');
      await server.kill();
      await window.clickStatusBarItem();
      await window.notifications.toast(unreachable).waitFor();
      await window.notifications.close(unreachable);
      await server.restart();
      await window.clickStatusBarItem();
      await window.inSync();
      expect(await desk.onServer('notes/plan.md')).toBe('# Garden\n\npeas\n');
    },
  );
});

describe('a server that freezes', () => {
  itWithOwnServer(
    'is waited for visibly, given up after 15 s, and found again without a click',
    async ({ desk, server }) => {
      await desk.write('notes/plan.md', '# Garden\n');
      const window = await desk.open();
      await window.explorer.contextMenu('notes', 'Track for sync');
      await window.pending('↑1');
      process.kill(server.pid, 'SIGSTOP');
      await window.clickStatusBarItem();
      await window.notifications.toast(/Waiting for the server \(\d+ sec\)/).waitFor();
      await picture(window, 'waiting');
      await window.notifications.toast('did not respond for 15 sec').waitFor();
      await window.statusBarItem('push').locator('.codicon-debug-disconnect').waitFor();
      await picture(window, 'no-response');
      process.kill(server.pid, 'SIGCONT');
      await window.statusBarItem('push').locator('.codicon-cloud-upload').waitFor();
      await window.pending('↑1');
      await picture(window, 'found-again');
      expect(await desk.head()).toBe(0);
    },
  );
});
