import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type RunningServer } from '../support/server';
import { TestWorkbench } from '../support/testWorkbench';
import type { WorkbenchWindow } from '../support/workbenchWindow';
import { Client } from '../../src/io/api/client';

let server: RunningServer;
let workbench: TestWorkbench;
let scratch: string;
let folder: string;
let window: WorkbenchWindow;

beforeAll(async () => {
  server = await startServer();
  await new Client(server.url, server.token).makeTree('garden');
  scratch = await mkdtemp(join(tmpdir(), 'palmtree-quick-diff-'));
  folder = join(scratch, 'desk');
  await mkdir(join(folder, 'notes'), { recursive: true });
  await writeFile(join(folder, 'notes/plan.md'), '# Garden\n\n- dig\n- plant\n');
  await git('init', '--quiet', '--initial-branch=orchard');
  await git('add', 'notes');
  await commit();
  workbench = await TestWorkbench.start({
    env: { PALMTREE_SERVER_URL: server.url, PALMTREE_TOKEN: server.token },
    settings: { 'palmtree.serverUrl': server.url, 'palmtree.tree': 'garden' },
  });
  window = await workbench.openFolder(folder);
});
afterAll(async () => {
  await workbench?.close();
  await server?.close();
  await rm(scratch, { recursive: true, force: true });
});

describe('the marks in the gutter, beside those of git', () => {
  it('come with an edit of a file that was open before it was first pushed, and go with the push', async () => {
    await window.editor.open('plan.md');
    await window.explorer.contextMenu('notes', 'Track for sync');
    await push('↑1');
    await window.editor.append('- water\n');
    await window.editor.save();
    await commit();
    // Git has nothing to mark any more.
    await marks().waitFor();
    await push('↑1');
    await marks().waitFor({ state: 'detached' });
  });

  it('come back with the next edit, before it is saved', async () => {
    await window.editor.append('- prune\n');
    await marks().waitFor();
    await window.editor.save();
    await commit();
    await marks().waitFor();
  });

  it('leave the branch in the status bar, and show no input box or badge of their own', async () => {
    await window.page.locator('.statusbar-item').filter({ hasText: 'orchard' }).waitFor();
    await window.showContainer('Source Control');
    await window.page.locator('.scm-view').getByText('desk').first().waitFor();
    await window.page.locator('.scm-view').getByText('Palmtree').waitFor();
    await window.badge('Source Control').waitFor({ state: 'hidden' });
    await expect.poll(() => window.page.locator('.scm-view .scm-editor').count()).toBe(1);
  });

  it('are not there when the setting is off', async () => {
    const settings = join(folder, '.vscode/settings.json');
    await mkdir(join(folder, '.vscode'));
    await writeFile(settings, JSON.stringify({ 'palmtree.quickDiff': false }));
    await marks().waitFor({ state: 'detached' });
    await writeFile(settings, JSON.stringify({ 'palmtree.quickDiff': true }));
    await marks().waitFor();
  });

  it('are missing without a word while the server is away, and come when it is back', async () => {
    await server.kill();
    await window.reload();
    await window.editor.tab('plan.md').waitFor();
    await window.statusBarText('push', '↑1');
    await marks().waitFor({ state: 'detached' });
    expect(await window.notifications.all.count()).toBe(0);
    await server.restart();
    await marks().waitFor({ timeout: 90_000 });
  });
});

function marks(): Locator {
  return window.page.locator('.dirty-diff-glyph').first();
}

async function push(waiting: string): Promise<void> {
  await window.statusBarText('push', waiting);
  await window.clickStatusBarItem('push');
  await window.statusBarText('push', 'Palmtree');
}

async function commit(): Promise<void> {
  await git(
    '-c',
    'user.name=desk',
    '-c',
    'user.email=desk@example.org',
    'commit',
    '--quiet',
    '--all',
    '--message',
    'x',
  );
}

async function git(...args: string[]): Promise<void> {
  await promisify(execFile)('git', args, { cwd: folder });
}
