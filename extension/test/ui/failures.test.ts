import { describe, expect } from 'vitest';
import { RunningServer } from '../support/server';
import { TestWorkbench } from '../support/testWorkbench';
import { it } from '../support/uiTest';

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
