import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Locator } from 'playwright-core';
import { describe, expect } from 'vitest';
import type { Desk } from '../support/workbench/desk';
import { picture } from '../support/workbench/picture';
import { RunningServer } from '../support/servers/server';
import { TestWorkbench } from '../support/workbench/testWorkbench';
import { it } from '../support/workbench/uiTest';
import type { WorkbenchWindow } from '../support/workbench/workbenchWindow';

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

const plan = 'notes/plan.md';
const files = { [plan]: '# Garden\n\n- dig\n- plant\n' };

describe('the marks in the gutter, beside those of git', () => {
  it('appear with an edit of a file that was open before its first push, and go with a push', async ({ desk }) => {
    await desk.write(plan, files[plan]);
    await initializeGit(desk);
    const window = await desk.open();
    await window.editor.open('plan.md');
    await window.explorer.contextMenu('notes', 'Track for sync');
    await window.push('↑1');
    await window.editor.append('- water\n');
    await window.editor.save();
    // After the commit, git has nothing to mark.
    await commit(desk);
    await marks(window).waitFor();
    await window.push('↑1');
    await marks(window).waitFor({ state: 'detached' });
  });

  it('appear with an edit before it is saved, and stay when it is committed', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, files);
    await initializeGit(desk);
    await window.editor.open('plan.md');
    await window.editor.append('- prune\n');
    await marks(window).waitFor();
    await window.editor.save();
    await commit(desk);
    await marks(window).waitFor();
  });

  it('leave the branch in the status bar, and git first in the view', async ({ desk, laptop }) => {
    await initializeGit(desk);
    const window = await desk.openInSync(laptop, files);
    await commit(desk);
    await window.editor.open('plan.md');
    await window.editor.append('- water\n');
    await marks(window).waitFor();
    await window.page.locator('.part.statusbar .statusbar-item').filter({ hasText: 'orchard' }).waitFor();
    await window.showContainer('Source Control');
    const providers = window.page.locator('.part.sidebar .scm-view .scm-provider');
    await expect.poll(() => providers.locator('.label-name').allInnerTexts()).toEqual(['desk', 'Palmtree']);
    await picture(window, 'scm-beside-git');
  });

  it('are shown only while the setting is on', async ({ desk, laptop }) => {
    await desk.configure({ 'palmtree.scm': false });
    const window = await desk.openInSync(laptop, files);
    await window.editor.open('plan.md');
    await window.editor.append('- water\n');
    await window.editor.save();
    await window.pending('↑1');
    expect(await marks(window).count()).toBe(0);
    await desk.configure({ 'palmtree.scm': true });
    await marks(window).waitFor();
    await desk.configure({ 'palmtree.scm': false });
    await marks(window).waitFor({ state: 'detached' });
  });

  itWithOwnServer(
    'are missing without an error while the server is away, and come back with it',
    async ({ desk, server }) => {
      await desk.write(plan, files[plan]);
      const window = await desk.open();
      await window.explorer.contextMenu('notes', 'Track for sync');
      await window.push('↑1');
      await window.editor.open('plan.md');
      await window.editor.append('- water\n');
      await window.editor.save();
      await marks(window).waitFor();
      await server.kill();
      await window.reload();
      await window.editor.open('plan.md');
      await window.pending('↑1');
      await marks(window).waitFor({ state: 'detached' });
      expect(await window.notifications.all.count()).toBe(0);
      await server.restart();
      await marks(window).waitFor();
    },
  );
});

function marks(window: WorkbenchWindow): Locator {
  return window.page.locator('.part.editor .dirty-diff-glyph').first();
}

/** Makes the folder a git repository, with its files committed, which VS Code shows. */
async function initializeGit(desk: Desk): Promise<void> {
  await desk.configure({ 'git.enabled': true });
  await git(desk, 'init', '--quiet', '--initial-branch=orchard');
  // The test's settings must not count as a change of the user.
  await writeFile(desk.path('.git/info/exclude'), '.vscode\n');
  await commit(desk);
}

async function commit(desk: Desk): Promise<void> {
  await git(desk, 'add', '--all');
  const author = ['-c', 'user.name=desk', '-c', 'user.email=desk@example.org'];
  await git(desk, ...author, 'commit', '--quiet', '--allow-empty', '--message', 'x');
}

async function git(desk: Desk, ...args: string[]): Promise<void> {
  await promisify(execFile)('git', args, { cwd: desk.folder });
}
