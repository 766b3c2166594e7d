import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createToken } from '../../scripts/palmtreeServer.mts';
import { Client } from '../../src/io/api/client';
import { startServer, type RunningServer } from '../support/server';
import { TestWorkbench } from '../support/testWorkbench';
import type { WorkbenchWindow } from '../support/workbenchWindow';
import { Machine, until } from '../sync/machine';

const tree = 'garden';
/** Longer than the push waits after a save and git is left alone for: what has not come by then does not come. */
const watchedMs = 5_000;

let server: RunningServer;
let workbench: TestWorkbench;
let scratch: string;
let folder: string;
let window: WorkbenchWindow;
let laptop: Machine;

beforeAll(async () => {
  server = await startServer();
  scratch = await mkdtemp(join(tmpdir(), 'palmtree-live-'));
  folder = join(scratch, 'desk');
  await mkdir(join(folder, 'notes'), { recursive: true });
  await writeFile(join(folder, 'notes/plan.md'), '# Garden\n');
  await writeFile(join(folder, 'notes/seeds.md'), '# Seeds\n');
  const token = await createToken(server.dataDir, 'laptop');
  laptop = await Machine.open({ url: server.url, token, tree });
  workbench = await TestWorkbench.start({
    env: { PALMTREE_SERVER_URL: server.url, PALMTREE_TOKEN: server.token },
    settings: { 'palmtree.serverUrl': server.url, 'palmtree.tree': tree },
  });
  window = await workbench.openFolder(folder);
  await window.explorer.contextMenu('notes', 'Track for sync');
  await window.statusBarText('push', '↑2');
  await window.clickStatusBarItem('push');
  await until(laptop, ({ counts }) => counts.incoming === 2);
  await laptop.pull();
});
afterAll(async () => {
  await workbench?.close();
  await laptop?.remove();
  await server?.close();
  await rm(scratch, { recursive: true, force: true });
});

async function automate(settings: Record<string, string>): Promise<void> {
  await mkdir(join(folder, '.vscode'), { recursive: true });
  await writeFile(join(folder, '.vscode/settings.json'), JSON.stringify(settings));
}

const here = (path: string) => readFile(join(folder, path), 'utf8');
const becomes = (path: string, content: string) =>
  vi.waitFor(async () => expect(await here(path)).toBe(content), { timeout: 30_000, interval: 100 });
const head = async () => (await new Client(server.url, server.token).newest(tree))?.number;

const lines = (first: string, last: string) => `${first}\ntwo\nthree\nfour\n${last}\n`;

/** The status bar item is in step and no spinner. */
const inStep = () => window.statusBarItem('push').locator('.codicon-check').waitFor();

describe("another client's push, in the workbench", () => {
  it('shows by itself, with who pushed it', async () => {
    await inStep();
    await laptop.write('notes/plan.md', "# Garden\n\nthe laptop's\n");
    await laptop.push();
    await window.statusBarText('push', /^\s*↓1\s*$/);
    const item = window.statusBarItem('push');
    const label = () => item.locator('a').getAttribute('aria-label');
    await expect.poll(label).toBe('Palmtree: 1 to pull, by laptop, just now');
    await item.hover();
    await window.page.locator('.workbench-hover').getByText('by laptop, just now').waitFor();
    expect(await here('notes/plan.md')).toBe('# Garden\n');
    expect(await window.notifications.all.count()).toBe(0);
  });

  it('is pulled unasked once the setting says so', async () => {
    await automate({ 'palmtree.pullOn': 'change' });
    await becomes('notes/plan.md', "# Garden\n\nthe laptop's\n");
    await inStep();
    await laptop.write('notes/seeds.md', '# Seeds\n\nbeans\n');
    await laptop.push();
    await becomes('notes/seeds.md', '# Seeds\n\nbeans\n');
    await inStep();
    expect(await window.notifications.all.count()).toBe(0);
  });
});

describe('a save, in the workbench', () => {
  it('is sent by itself once the setting says so', async () => {
    await automate({ 'palmtree.pullOn': 'change', 'palmtree.pushOnSave': 'afterDelay' });
    await window.explorer.row('notes').click();
    await window.editor.open('plan.md');
    await window.editor.append('water\n');
    await window.editor.save();
    const { head: news } = await until(laptop, ({ counts }) => counts.incoming === 1);
    expect(news).toMatchObject({ author: 'test' });
    await laptop.pull();
    expect(await laptop.read('notes/plan.md')).toBe(await here('notes/plan.md'));
    await inStep();
    expect(await window.notifications.all.count()).toBe(0);
  });

  it('waits, as a pull does, until git has ended a merge', async () => {
    execFileSync('git', ['init', '--quiet'], { cwd: folder });
    await writeFile(join(folder, '.git/MERGE_HEAD'), `${'0'.repeat(40)}\n`);
    const before = await head();
    await window.editor.append('weed\n');
    await window.editor.save();
    await window.statusBarText('push', '↑1');
    await window.page.waitForTimeout(watchedMs);
    expect(await head()).toBe(before);
    await laptop.write('notes/seeds.md', '# Seeds\n\npeas\n');
    await laptop.push();
    await window.statusBarText('push', '↑1 ↓1');
    await window.page.waitForTimeout(watchedMs);
    expect(await here('notes/seeds.md')).toBe('# Seeds\n\nbeans\n');
    await rm(join(folder, '.git/MERGE_HEAD'));
    await becomes('notes/seeds.md', '# Seeds\n\npeas\n');
    await until(laptop, ({ counts }) => counts.incoming === 1);
    await inStep();
    expect(await window.notifications.all.count()).toBe(0);
  });
});

describe('a file that both changed in different places, with both settings on', () => {
  it('is merged, told of, and left to the user to push', async () => {
    await laptop.pull();
    await laptop.write('notes/seeds.md', lines('one', 'five'));
    await laptop.push();
    await becomes('notes/seeds.md', lines('one', 'five'));
    await inStep();
    await writeFile(join(folder, 'notes/seeds.md'), lines('one', 'FIVE'));
    await window.statusBarText('push', '↑1');
    await laptop.write('notes/seeds.md', lines('ONE', 'five'));
    await laptop.push();
    const before = await head();
    await becomes('notes/seeds.md', lines('ONE', 'FIVE'));
    expect(await window.notifications.text('merged')).toContain('Check the result, then push');
    await window.statusBarText('push', /↑1\s*$/);
    await window.page.waitForTimeout(watchedMs);
    expect(await head()).toBe(before);
    await window.notifications.dismissAll();
    await window.runCommand('Palmtree: Push');
    await inStep();
    expect(await head()).toBe((before ?? 0) + 1);
  });
});

describe('a conflict, with both settings on', () => {
  it('is told once with what helps, and neither side is touched', async () => {
    await laptop.pull();
    await writeFile(join(folder, 'notes/seeds.md'), '# Seeds\n\nmine\n');
    await window.statusBarText('push', '↑1');
    await laptop.write('notes/seeds.md', '# Seeds\n\ntheirs\n');
    await laptop.push();
    expect(await window.notifications.text('changed here and on the server')).toContain(
      'until you resolve the conflict',
    );
    await window.statusBarText('push', '!1');
    await laptop.write('notes/plan.md', 'more\n');
    await laptop.push();
    await window.statusBarText('push', '↓1 !1');
    await expect.poll(() => window.notifications.all.count()).toBe(1);
    await window.notifications.click('changed here and on the server', 'Show');
    await window.treeView.row('notes').waitFor();
    expect(await here('notes/seeds.md')).toBe('# Seeds\n\nmine\n');
    expect(await here('notes/plan.md')).not.toBe('more\n');
  });
});
