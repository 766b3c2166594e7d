import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestWorkbench } from '../support/testWorkbench';
import type { WorkbenchWindow } from '../support/workbenchWindow';

let folder: string;
let workbench: TestWorkbench;
let window: WorkbenchWindow;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palmtree-smoke-'));
  await writeFile(join(folder, 'notes.md'), '# Notes\n');
  workbench = await TestWorkbench.start();
  window = await workbench.openFolder(folder);
  await window.statusBarText('push');
});

afterAll(async () => {
  await workbench?.close();
  await rm(folder, { recursive: true, force: true });
});

test('the packed extension installs and shows its view', async () => {
  await window.showContainer('Palmtree');
  expect(await window.page.locator('.part.sidebar').innerText()).toMatch(/palmtree/i);
});

test('the explorer offers to track a file', async () => {
  await window.showContainer('Explorer');
  await expect.poll(() => window.explorer.contextMenuItems('notes.md')).toContain('Track for sync');
});

test('the palette has its commands', async () => {
  await expect.poll(() => window.commandTitles('Palmtree: ')).toContain('Palmtree: Connect to Server…');
});
