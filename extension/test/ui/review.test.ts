import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../../src/io/api/client';
import { picture } from '../support/picture';
import { startServer, type RunningServer } from '../support/server';
import { RowsPart } from '../support/rowsPart';
import { TestWorkbench } from '../support/testWorkbench';
import type { WorkbenchWindow } from '../support/workbenchWindow';
import { Machine } from '../sync/machine';

const tree = 'reviewed';

let server: RunningServer;
let client: Client;
let workbench: TestWorkbench;
let scratch: string;
let folder: string;
let window: WorkbenchWindow;
/** Another machine on the same tree, which needs no window. */
let other: Machine;

beforeAll(async () => {
  server = await startServer();
  client = new Client(server.url, server.token);
  await client.makeTree(tree);
  scratch = await mkdtemp(join(tmpdir(), 'palmtree-review-'));
  folder = join(scratch, 'desk');
  await mkdir(join(folder, 'notes/old'), { recursive: true });
  const names = ['edited', 'left', 'moved', 'gone', 'theirs', 'both'];
  for (const name of names) await writeFile(join(folder, `notes/${name}.md`), `# ${name}\n`);
  for (const name of ['one', 'two']) await writeFile(join(folder, `notes/old/${name}.md`), `# ${name}\n`);
  workbench = await TestWorkbench.start({
    env: { PALMTREE_SERVER_URL: server.url, PALMTREE_TOKEN: server.token },
    settings: { 'palmtree.serverUrl': server.url, 'palmtree.tree': tree },
  });
  window = await workbench.openFolder(folder);
  await window.explorer.contextMenu('notes', 'Track for sync');
  await window.statusBarText('push', '↑8');
  await window.runCommand('Palmtree: Sync');
  await window.statusBarText('push', 'Palmtree');
  other = await Machine.open({ url: server.url, token: server.token, tree });
  await other.pull();
});
afterAll(async () => {
  await other?.remove();
  await workbench?.close();
  await server?.close();
  await rm(scratch, { recursive: true, force: true });
});

describe('Review Changes', () => {
  it('shows what would go each way, and why, before anything moves', async () => {
    await write('notes/edited.md', '# edited\nhere\n');
    await write('notes/left.md', '# left\nhere\n');
    await rename(join(folder, 'notes/moved.md'), join(folder, 'notes/found.md'));
    await rename(join(folder, 'notes/old'), join(folder, 'notes/new'));
    await rm(join(folder, 'notes/gone.md'));
    await write('notes/both.md', 'the desk has it\n');
    await other.write('notes/theirs.md', '# theirs\nfrom the other\n');
    await other.write('notes/both.md', 'the other has it\n');
    await other.push();

    await window.runCommand('Palmtree: Review Changes');
    await row('edited.md').filter({ hasText: '↑ edited here' }).waitFor();
    await fold('Tracked Files', true);
    await fold('File History', true);
    await row('theirs.md').waitFor();
    await expect
      .poll(() => rows().texts())
      .toEqual([
        'Conflicts 1',
        'both.md ! both changed · notes',
        'To Push 6',
        'new ↑ renamed from notes/old · 2 files',
        'edited.md ↑ edited here · notes',
        'found.md ↑ renamed from notes/moved.md · notes',
        'gone.md ↑ deleted here · notes',
        'left.md ↑ edited here · notes',
        'To Pull 1',
        'theirs.md ↓ edited on the server · notes',
      ]);
    expect(await pathsOnServer()).toContain('notes/gone.md');
    expect(await read('notes/theirs.md')).toBe('# theirs\n');
  });

  it('shows both versions at a click on a row', async () => {
    await row('edited.md').click();
    const diff = window.page.locator('.monaco-diff-editor');
    await diff.locator('.modified').getByText('here').first().waitFor();
    await window.page.getByRole('tab', { name: 'edited.md (server r2 ↔ local)' }).waitFor();
    await picture(window, 'review', { pointer: view().locator('.pane-header') });
    await row('gone.md').click();
    await window.page.locator('.editor-group-container.active .view-lines').getByText('# gone').waitFor();
    await row('theirs.md').click();
    await diff.locator('.modified').getByText('from the other').first().waitFor();
  });

  it('leaves out what is not checked, in rows that are not drawn too', async () => {
    await box('left.md').click();
    await row('To Push').filter({ hasText: '5 of 6' }).waitFor();
    await expect.poll(() => isChecked('To Push')).toBe(false);
    await box('new').click();
    await row('To Push').filter({ hasText: '3 of 6' }).waitFor();
    await row('new').locator('.monaco-tl-twistie').click();
    await row('one.md').waitFor();
    await expect.poll(() => isChecked('one.md')).toBe(false);
    await box('one.md').click();
    await box('two.md').click();
    await row('To Push').filter({ hasText: '5 of 6' }).waitFor();
    await expect.poll(() => isChecked('new')).toBe(true);
  });

  it('pushes what is checked though the server has newer files, and touches nothing else', async () => {
    await menuAction('Push Selected');
    await row('To Push').filter({ hasText: '0 of 1' }).waitFor();
    expect(await pathsOnServer()).toEqual(
      ['both', 'edited', 'found', 'left', 'new/one', 'new/two', 'theirs'].map((name) => `notes/${name}.md`),
    );
    expect(await onServer('notes/edited.md')).toBe('# edited\nhere\n');
    expect(await onServer('notes/left.md')).toBe('# left\n');
    expect(await onServer('notes/both.md')).toBe('the other has it\n');
    expect(await read('notes/left.md')).toBe('# left\nhere\n');
    expect(await read('notes/both.md')).toBe('the desk has it\n');
    expect(await read('notes/theirs.md')).toBe('# theirs\n');
    await window.statusBarText('push', '↑1 ↓1 !1');
  });

  it('pulls what is checked, and closes when nothing checked is left', async () => {
    await menuAction('Pull Selected');
    await view().waitFor({ state: 'hidden' });
    expect(await read('notes/theirs.md')).toBe('# theirs\nfrom the other\n');
    expect(await read('notes/left.md')).toBe('# left\nhere\n');
    await window.statusBarText('push', '↑1 !1');
  });
});

describe('palmtree.reviewBefore', () => {
  it('"always" shows the plan at a click on the status bar, and moves only what is checked', async () => {
    await window.runCommand('Palmtree: Review Changes');
    await row('both.md').waitFor();
    await action('Close Review');
    await view().waitFor({ state: 'hidden' });
    await fold('Tracked Files', false);
    // So that the only row of it is the one among the conflicts.
    await window.treeView.row('notes').click();
    await window.treeView.contextMenu('both.md', 'Take Theirs');
    await window.statusBarText('push', /↑1\s*$/);
    await reviewBefore('always');
    await window.clickStatusBarItem('push');
    await row('left.md').filter({ hasText: '↑ edited here' }).waitFor();
    await view().getByText('Nothing has been changed yet').waitFor();
    expect(await onServer('notes/left.md')).toBe('# left\n');
    await action('Push Selected');
    await window.statusBarText('push', 'Palmtree');
    expect(await onServer('notes/left.md')).toBe('# left\nhere\n');
    await view().waitFor({ state: 'hidden' });
  });

  it('"conflicts" pushes at once, and shows the plan when the server has changed the same file', async () => {
    await reviewBefore('conflicts');
    await write('notes/edited.md', 'no conflict\n');
    await window.statusBarText('push', '↑1');
    await window.clickStatusBarItem('push');
    await window.statusBarText('push', 'Palmtree');
    expect(await onServer('notes/edited.md')).toBe('no conflict\n');
    await other.pull();
    await other.write('notes/edited.md', 'the other again\n');
    await other.push();
    await write('notes/edited.md', 'the desk again\n');
    await window.runCommand('Palmtree: Push');
    await row('edited.md').filter({ hasText: '! both changed' }).waitFor();
    expect(await onServer('notes/edited.md')).toBe('the other again\n');
    await rows().contextMenu('edited.md', 'Keep Mine');
    await window.statusBarText('push', /↑1\s*$/);
    await view().getByText('Refresh to see what is new').waitFor();
    await action('Refresh Review');
    await row('edited.md').filter({ hasText: '↑ edited here' }).waitFor();
    await action('Close Review');
    await view().waitFor({ state: 'hidden' });
  });
});

describe('Sync', () => {
  it('pulls, then pushes', async () => {
    await window.runCommand('Palmtree: Push');
    await window.statusBarText('push', 'Palmtree');
    await other.pull();
    await other.write('notes/theirs.md', 'theirs, once more\n');
    await other.push();
    await write('notes/left.md', 'mine, once more\n');
    await window.statusBarText('push', '↑1 ↓1');
    await window.runCommand('Palmtree: Sync');
    await window.statusBarText('push', 'Palmtree');
    expect(await read('notes/theirs.md')).toBe('theirs, once more\n');
    expect(await onServer('notes/left.md')).toBe('mine, once more\n');
  });

  it('stops after the pull when a file was merged, so that the result is looked at first', async () => {
    await write('notes/left.md', 'one\ntwo\nthree\nfour\nfive\n');
    await window.statusBarText('push', '↑1');
    await window.runCommand('Palmtree: Push with Message…');
    await window.quickInput.answer('count to five', /history/);
    await window.statusBarText('push', 'Palmtree');
    const { revisions } = await client.revisions(tree);
    expect(revisions[0]?.message).toBe('count to five');
    await other.pull();
    await other.write('notes/left.md', 'ONE\ntwo\nthree\nfour\nfive\n');
    await other.push();
    await write('notes/left.md', 'one\ntwo\nthree\nfour\nFIVE\n');
    await window.runCommand('Palmtree: Sync');
    expect(await window.notifications.text('merged')).toContain('Check the result, then push');
    await window.statusBarText('push', '↑1');
    expect(await read('notes/left.md')).toBe('ONE\ntwo\nthree\nfour\nFIVE\n');
    expect(await onServer('notes/left.md')).toBe('ONE\ntwo\nthree\nfour\nfive\n');
  });
});

/** A view of the Palmtree container. */
function pane(title: string): string {
  return `.pane:has(.pane-header:has-text("${title}"))`;
}

function view(): Locator {
  return window.page.locator(pane('Review Changes'));
}

function rows(): RowsPart {
  return new RowsPart(window.page, pane('Review Changes'));
}

/** Folds or unfolds a view, to make room for the others: only rows on the screen are drawn. */
async function fold(title: string, isFolded: boolean): Promise<void> {
  const header = window.page.locator(pane(title)).locator('.pane-header');
  if ((await header.getAttribute('aria-expanded')) === String(isFolded)) await header.locator('.title').click();
}

function row(name: string): Locator {
  return rows().row(name);
}

function box(name: string): Locator {
  return row(name).locator('.custom-view-tree-node-item-checkbox');
}

async function isChecked(name: string): Promise<boolean> {
  return (await box(name).getAttribute('aria-checked')) === 'true';
}

async function action(name: string): Promise<void> {
  await view().locator('.pane-header').hover();
  await view().locator('.pane-header').getByRole('button', { name }).click();
}

/** One that stands behind the three dots while the plan goes both ways. */
async function menuAction(name: string): Promise<void> {
  await action('More Actions');
  const entry = window.page.locator('.monaco-menu-container').getByRole('menuitem', { name, exact: true });
  await entry.waitFor();
  // The workbench swallows a button that goes up within 250 ms of the menu's opening, and shows no sign of the end of it.
  await window.page.waitForTimeout(250);
  await entry.click();
}

/** Sets `palmtree.reviewBefore` in the folder; the window's title, set along, tells when it holds. */
async function reviewBefore(when: string): Promise<void> {
  await mkdir(join(folder, '.vscode'), { recursive: true });
  const settings = { 'palmtree.reviewBefore': when, 'window.title': `review ${when}` };
  await writeFile(join(folder, '.vscode/settings.json'), JSON.stringify(settings));
  await window.page.waitForFunction(`document.title.includes('review ${when}')`);
}

function write(path: string, text: string): Promise<void> {
  return writeFile(join(folder, path), text);
}

function read(path: string): Promise<string> {
  return readFile(join(folder, path), 'utf8');
}

async function onServer(path: string): Promise<string> {
  const { revision } = await client.files(tree, 0);
  return new TextDecoder().decode(await client.content(tree, path, revision));
}

async function pathsOnServer(): Promise<string[]> {
  const { files } = await client.files(tree, 0);
  return files.flatMap((file) => ('deleted' in file ? [] : [file.path])).sort();
}
