import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createToken } from '../../scripts/palmtreeServer.mts';
import { Client } from '../../src/io/api/client';
import { picture } from '../support/picture';
import { startServer, type RunningServer } from '../support/server';
import { TestWorkbench } from '../support/testWorkbench';
import type { WorkbenchWindow } from '../support/workbenchWindow';
import { Machine } from '../sync/machine';

const tree = 'garden';
const icon = join(import.meta.dirname, '../../media/icon.png');
/** A picture of one transparent pixel. */
const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

let server: RunningServer;
let workbench: TestWorkbench;
let laptop: Machine;
let client: Client;
let scratch: string;
let folder: string;
let window: WorkbenchWindow;

beforeAll(async () => {
  server = await startServer();
  const token = await createToken(server.dataDir, 'desk');
  client = new Client(server.url, token);
  laptop = await Machine.open({ url: server.url, token: await createToken(server.dataDir, 'laptop'), tree });
  await laptop.write('notes/plan.md', 'dig\n');
  await laptop.write('notes/list.md', 'spade\n');
  await laptop.sync.track(['notes']);
  await laptop.push();
  await laptop.write('notes/plan.md', 'dig\nplant\n');
  await laptop.push();
  scratch = await mkdtemp(join(tmpdir(), 'palmtree-history-'));
  folder = join(scratch, 'desk');
  await mkdir(join(folder, 'notes'), { recursive: true });
  await writeFile(join(folder, 'loose.md'), 'not tracked\n');
  workbench = await TestWorkbench.start({
    env: { PALMTREE_SERVER_URL: server.url, PALMTREE_TOKEN: token },
    settings: { 'palmtree.serverUrl': server.url, 'palmtree.tree': tree },
  });
  window = await workbench.openFolder(folder);
  await window.statusBarText('push', '↓2');
  await window.runCommand('Palmtree: Pull');
  await window.statusBarText('push', 'Palmtree');
  await writeFile(join(folder, 'notes/plan.md'), 'dig\nplant\nwater\n');
  await pushFromHere('↑1');
});
afterAll(async () => {
  await workbench?.close();
  await laptop?.remove();
  await server?.close();
  if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
});

describe('history, in the workbench', () => {
  it('lists the versions of the shown file, with who made them', async () => {
    await window.editor.open('plan.md');
    await window.showContainer('Palmtree');
    const versions = window.view('File History');
    await versions.row('r3 by desk').waitFor();
    const when = '(just now|[1-9] minutes? ago)';
    await expect
      .poll(() => versions.texts())
      .toEqual([
        expect.stringMatching(`^r3 by desk ${when} · 16 bytes$`),
        expect.stringMatching(`^r2 by laptop ${when} · 10 bytes$`),
        expect.stringMatching(`^r1 by laptop ${when} · 4 bytes$`),
      ]);
  });

  it('says so where there is no history', async () => {
    await window.editor.open('loose.md');
    await window.view('File History').message.getByText('loose.md is not tracked').waitFor();
  });

  it('compares a version with what is here, and with the version before', async () => {
    await window.editor.open('plan.md');
    const versions = window.view('File History');
    await versions.inlineAction('r1 by laptop', 'Compare with Local File');
    await window.page.getByRole('tab', { name: 'plan.md (r1 ↔ local)' }).waitFor();
    await window.page.locator('.monaco-diff-editor .modified').getByText('water').waitFor();
    await picture(window, 'history', { pointer: versions.row('r1 by laptop') });
    await versions.row('r2 by laptop').click();
    await window.page.getByRole('tab', { name: 'plan.md (r1 ↔ r2)' }).waitFor();
    await window.page.locator('.monaco-diff-editor .modified').getByText('plant').waitFor();
    // The history stays that of the file whose versions are compared.
    await expect.poll(() => versions.texts()).toHaveLength(3);
  });

  it('compares with what was synced last', async () => {
    // The tab of a diff goes by the same name.
    await window.runCommand('View: Close All Editors');
    await window.editor.open('plan.md');
    await writeFile(join(folder, 'notes/plan.md'), 'dig\nplant\nwater\nweed\n');
    await window.statusBarText('push', '↑1');
    await window.runCommand('Palmtree: Compare with Last Synced');
    await window.page.getByRole('tab', { name: 'plan.md (last synced ↔ local)' }).waitFor();
    await window.page.locator('.monaco-diff-editor .modified').getByText('weed').waitFor();
    await window.page.locator('.monaco-diff-editor .original').getByText('water').waitFor();

    await window.runCommand('Palmtree: Compare with Revision…');
    await window.quickInput.pick('r2 by laptop');
    await window.page.getByRole('tab', { name: 'plan.md (r2 ↔ local)' }).waitFor();
  });

  it('restores a version here, asking before it replaces what was not pushed, and a push sends it', async () => {
    const versions = window.view('File History');
    await versions.contextMenu('r1 by laptop', 'Restore This Version');
    await window.answerDialog('Your unpushed changes will be replaced (1):', 'Restore');
    await becomes('notes/plan.md', 'dig\n');
    await pushFromHere('↑1');
    expect(await onServer('notes/plan.md')).toBe('dig\n');
    await versions.row('r4 by desk').waitFor();
  });

  it("undoes another's push by a new revision, and follows with a pull", async () => {
    await laptop.pull();
    await laptop.write('notes/plan.md', 'sell the garden\n');
    await laptop.delete('notes/list.md');
    await laptop.push();
    await window.runCommand('Palmtree: Pull');
    await becomes('notes/plan.md', 'sell the garden\n');

    await window.runCommand('Palmtree: Show Tree History');
    const revisions = window.view('Tree History');
    await revisions.expand('r5 by laptop');
    await revisions.row('list.md').filter({ hasText: 'deleted' }).waitFor();
    await revisions.row('plan.md').filter({ hasText: 'modified' }).click();
    await window.page.getByRole('tab', { name: 'plan.md (r4 ↔ r5)' }).waitFor();
    await window.page.locator('.monaco-diff-editor .modified').getByText('sell the garden').waitFor();

    await revisions.contextMenu('r5 by laptop', 'Undo Push…');
    await window.answerDialog("Undo laptop's push r5 (2 files)?", 'Undo Push');
    expect(await window.notifications.text('Push r5 undone')).toContain('new revision 6');
    await window.statusBarText('push', '↓2');
    await revisions.row('r6 by desk').waitFor();
    expect(await onServer('notes/list.md')).toBe('spade\n');
    expect(await onServer('notes/plan.md')).toBe('dig\n');
    expect(await here('notes/plan.md')).toBe('sell the garden\n');

    await window.notifications.click('Push r5 undone', 'Pull');
    await becomes('notes/plan.md', 'dig\n');
    await becomes('notes/list.md', 'spade\n');
    await window.statusBarText('push', 'Palmtree');
  });

  it('undoes the last pull from its backup, and leaves the server as it is', async () => {
    await window.runCommand('Palmtree: Undo Last Pull…');
    await window.answerDialog('It pulled revision 6', 'Undo Pull');
    await becomes('notes/plan.md', 'sell the garden\n');
    await becomes('notes/list.md', 'gone');
    await window.statusBarText('push', '↑2');
    expect(await onServer('notes/plan.md')).toBe('dig\n');
  });

  it('restores a folder of a picked revision', async () => {
    await window.runCommand('Palmtree: Restore from Revision…');
    await window.quickInput.rows.filter({ hasText: 'r2 by laptop' }).waitFor();
    await window.quickInput.pick('r2 by laptop');
    await window.quickInput.rows.filter({ hasText: 'notes/plan.md' }).waitFor();
    // Folders stand before files.
    await window.quickInput.rows.filter({ hasText: 'notes/' }).first().click();
    await window.answerDialog('Restore notes to revision 2?', 'Restore');
    await becomes('notes/plan.md', 'dig\nplant\n');
    expect(await here('notes/list.md')).toBe('spade\n');
    // The newest revision has the list so already.
    await pushFromHere('↑1');
  });

  it('compares images as images', async () => {
    await writeFile(join(folder, 'notes/palm.png'), await readFile(icon));
    await pushFromHere('↑1');
    await writeFile(join(folder, 'notes/palm.png'), dot);
    await pushFromHere('↑1');
    await window.runCommand('View: Close All Editors');
    await window.view('Tracked Files').expand('notes');
    await window.view('Tracked Files').row('palm.png').click();
    const versions = window.view('File History');
    await versions.row('r9 by desk').click();
    for (const side of [0, 1]) {
      const shown = window.page.locator('iframe.webview.ready').nth(side).contentFrame();
      await shown.locator('#active-frame').contentFrame().locator('body.ready img').waitFor();
    }
  });

  it('loads more of a long history at a click on its last row', async () => {
    await changeOftenOnServer('notes/list.md', 55);
    await window.runCommand('View: Close All Editors');
    await window.editor.open('list.md');
    const versions = window.view('File History');
    await versions.row('r64 by laptop').click();
    await versions.goToLast('Load More…');
    await versions.row('Load More…').click();
    await versions.goToLast('r1 by laptop');
    await changeOftenOnServer('notes/list.md', 1);
    await window.statusBarText('push', '↓1');
    // What was loaded is still there beside what is new.
    await versions.goToLast('r1 by laptop');
    await versions.row('Load More…').waitFor({ state: 'hidden' });
  });
});

/** Revisions that change permissions alone: nothing is uploaded for them. */
async function changeOftenOnServer(path: string, times: number): Promise<void> {
  const { files, revision } = await laptop.client.files(tree, 0);
  const file = files.find((entry) => entry.path === path);
  if (file === undefined || 'deleted' in file) throw new Error(`${path} is not on the server.`);
  const { revision: _, ...entry } = file;
  for (let step = 0; step < times; step++) {
    const changes = [{ op: 'put' as const, ...entry, mode: step % 2 === 0 ? 0o600 : 0o644 }];
    const session = await laptop.client.beginPush(tree, { base: revision + step, changes });
    await laptop.client.commitPush(tree, session.id);
  }
}

/** Waits until this is what waits, and pushes it with the status bar. */
async function pushFromHere(waiting: string): Promise<void> {
  await window.statusBarText('push', waiting);
  await window.clickStatusBarItem('push');
  await window.statusBarText('push', 'Palmtree');
}

/** Waits until the file here has this content; `gone` where there is none. */
async function becomes(path: string, content: string): Promise<void> {
  await expect.poll(() => here(path).catch(() => 'gone')).toBe(content);
}

function here(path: string): Promise<string> {
  return readFile(join(folder, path), 'utf8');
}

/** What the newest revision has. */
async function onServer(path: string): Promise<string> {
  const { revisions } = await client.revisions(tree);
  const head = revisions[0]?.number ?? 0;
  return new TextDecoder().decode(await client.content(tree, path, head));
}
