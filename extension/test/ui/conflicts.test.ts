import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createToken } from '../../scripts/palmtreeServer.mts';
import { Client } from '../../src/io/api/client';
import { picture } from '../support/picture';
import { startServer, type RunningServer } from '../support/server';
import { TestWorkbench } from '../support/testWorkbench';
import type { WorkbenchWindow } from '../support/workbenchWindow';
import { Machine } from '../sync/machine';

const tree = 'garden';

const names = [
  'compared',
  'mine',
  'theirs',
  'both',
  'plan',
  'half',
  'moving',
  'given',
  'edited',
  'left',
  'typed',
  'one',
  'two',
  'three',
];

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
  scratch = await mkdtemp(join(tmpdir(), 'palmtree-conflicts-'));
  folder = join(scratch, 'desk');
  await mkdir(folder);
  const token = await createToken(server.dataDir, 'laptop');
  other = await Machine.open({ url: server.url, token, tree });
  for (const name of names) await other.write(`notes/${name}.md`, plan('dig', 'plant'));
  await other.sync.track(['notes']);
  await other.push();
  workbench = await TestWorkbench.start({
    env: { PALMTREE_SERVER_URL: server.url, PALMTREE_TOKEN: server.token },
    settings: { 'palmtree.serverUrl': server.url, 'palmtree.tree': tree },
  });
  window = await workbench.openFolder(folder);
  await window.statusBarText('push', `↓${names.length}`);
  await window.runCommand('Palmtree: Pull');
  await window.statusBarText('push', 'Palmtree');
  await window.showContainer('Palmtree');
});
afterAll(async () => {
  await other?.remove();
  await workbench?.close();
  await server?.close();
  await rm(scratch, { recursive: true, force: true });
});

describe('the conflicts', () => {
  it('stand on top of the view, and a click on one shows both versions', async () => {
    await changeBoth('compared', 'dig deep', 'dig wide');
    await window.statusBarText('push', /↑1 ↓1\s*$/);
    await rows().expand('notes');
    await rows().row('compared.md').filter({ hasText: 'both changed' }).waitFor();
    await rows().row('Conflicts').waitFor({ state: 'hidden' });
    const offered = await rows().contextMenuItems('compared.md');
    expect(offered).toContain('Compare with Server');
    expect(offered).not.toContain('Keep Mine');
    await rows().row('notes').click();
    await rows().row('compared.md').waitFor({ state: 'hidden' });
    // The first click syncs, and the second leads to what that could not merge.
    await window.clickStatusBarItem('push');
    await window.statusBarText('push', '!1');
    await window.clickStatusBarItem('push');
    await rows().row('Conflicts').waitFor();
    await expect.poll(() => rows().texts()).toEqual(['Conflicts 1', 'compared.md notes', 'notes !1']);
    await rows().row('compared.md').click();
    const diff = window.page.locator('.monaco-diff-editor');
    await diff.getByText('dig wide').waitFor();
    await diff.getByText('dig deep').waitFor();
    await expect
      .poll(() => rows().contextMenuItems('compared.md'))
      .toEqual(expect.arrayContaining(['Compare with Server', 'Merge', 'Keep Mine', 'Take Theirs', 'Keep Both']));
    await rows().inlineAction('compared.md', 'Compare with Server');
    await diff.getByText('dig wide').waitFor();
    await rows().contextMenu('compared.md', 'Keep Mine');
    await inStepButFor(1);
    await rows().row('Conflicts').waitFor({ state: 'hidden' });
    await push();
  });

  it('are decided for mine: the push makes it the head', async () => {
    await conflict('mine', 'dig here', 'dig there');
    await rows().contextMenu('mine.md', 'Keep Mine');
    await inStepButFor(1);
    await push();
    expect(await onServer('mine')).toBe(plan('dig here', 'plant'));
    expect(await onDisk('mine')).toBe(plan('dig here', 'plant'));
  });

  it('are decided for theirs: mine is in the backup', async () => {
    await conflict('theirs', 'dig here', 'dig there');
    await rows().contextMenu('theirs.md', 'Take Theirs');
    await window.statusBarText('push', 'Palmtree');
    expect(await onDisk('theirs')).toBe(plan('dig there', 'plant'));
    expect(await onServer('theirs')).toBe(plan('dig there', 'plant'));
    expect(await backups()).toContain(plan('dig here', 'plant'));
  });

  it('are decided for both: theirs stands beside mine, and both are pushed', async () => {
    await conflict('both', 'dig here', 'dig there');
    await rows().contextMenu('both.md', 'Keep Both');
    await inStepButFor(2);
    const beside = (await readdir(join(folder, 'notes'))).find((name) => name.startsWith('both (server'));
    expect(await readFile(join(folder, 'notes', beside ?? ''), 'utf8')).toBe(plan('dig there', 'plant'));
    await push();
    expect(await onServer('both')).toBe(plan('dig here', 'plant'));
    await other.pull();
    expect(await other.read(`notes/${beside}`)).toBe(plan('dig there', 'plant'));
  });
});

describe('a merge', () => {
  it('is made in the merge editor, and pushed when it is complete', async () => {
    await conflict('plan', 'dig a pond', 'dig a ditch', 'plant palms');
    await rows().row('plan.md').click();
    await window.page.locator('.monaco-diff-editor').getByText('dig a ditch').waitFor();
    await picture(window, 'conflict', { pointer: rows().row('plan.md') });
    await rows().inlineAction('plan.md', 'Merge');
    await mergeEditor().waitFor();
    await lens('Accept Combination').waitFor();
    await window.page.getByText('by laptop').first().waitFor();
    expect(await onDisk('plan')).toContain('<<<<<<< mine');
    await lens('Accept Mine').click();
    await window.page.getByText('No Changes Accepted').waitFor({ state: 'hidden' });
    await rows().row('plan.md').locator('[class*="monaco-decoration-itemBadge"]').waitFor();
    await picture(window, 'merge');
    await window.page.getByRole('button', { name: 'Complete Merge' }).first().click();
    await mergeEnded('plan');
    await inStepButFor(1);
    await push();
    // What the server alone changed was taken unasked.
    expect(await onDisk('plan')).toBe(plan('dig a pond', 'plant palms'));
    expect(await onServer('plan')).toBe(plan('dig a pond', 'plant palms'));
    expect(await backups()).toContain(plan('dig a pond', 'plant'));
  });

  it('that is saved half done stays a conflict, and is gone on with after the window was closed', async () => {
    await conflict('half', 'dig a pond', 'dig a ditch');
    await rows().inlineAction('half.md', 'Merge');
    await lens('Accept Combination').waitFor();
    await window.page.keyboard.press('ControlOrMeta+S');
    await window.page.locator('.tab.active:not(.dirty)').waitFor();
    await window.page.getByText('was saved with unresolved conflicts').first().waitFor();
    // What is saved is as it was last synced: a pull must not take that for unchanged.
    await window.runCommand('Palmtree: Pull');
    expect(await window.notifications.text('was skipped')).toContain('notes/half.md is being merged');
    await window.reload();
    await window.showContainer('Palmtree');
    await rows().row('half.md').filter({ hasText: 'merging' }).waitFor();
    // So that the only row of it is the one among the conflicts.
    await rows().row('notes').click();
    await rows().row('half.md').nth(1).waitFor({ state: 'hidden' });
    await rows().inlineAction('half.md', 'Merge');
    await lens('Accept Mine').click();
    await window.page.keyboard.press('ControlOrMeta+S');
    await inStepButFor(1);
    expect(await onDisk('half')).toBe(plan('dig a pond', 'plant'));
    await mergeEnded('half');
    await push();
  });

  it('does not drop what came to the server meanwhile', async () => {
    await conflict('moving', 'dig a pond', 'dig a ditch');
    await rows().inlineAction('moving.md', 'Merge');
    await lens('Accept Combination').waitFor();
    await other.write('notes/moving.md', plan('dig a canal', 'plant'));
    await other.push();
    await lens('Accept Combination').click();
    await window.page.getByRole('button', { name: 'Complete Merge' }).first().click();
    expect(await window.notifications.text('has a newer version')).toContain('moving.md is merged');
    await window.statusBarText('push', '!1');
    await window.notifications.click('has a newer version', 'Merge');
    await lens('Accept Server').click();
    await window.page.getByRole('button', { name: 'Complete Merge' }).first().click();
    await mergeEnded('moving');
    await window.statusBarText('push', 'Palmtree');
    expect(await onDisk('moving')).toBe(plan('dig a canal', 'plant'));
  });

  it('is given up for both versions, and mine comes back', async () => {
    await conflict('given', 'dig a pond', 'dig a ditch');
    await rows().inlineAction('given.md', 'Merge');
    await lens('Accept Combination').waitFor();
    await rows().contextMenu('given.md', 'Keep Both');
    await window.answerDialog('Abort the merge of notes/given.md?', 'Abort Merge');
    await inStepButFor(2);
    expect(await onDisk('given')).toBe(plan('dig a pond', 'plant'));
    await push();
  });
});

describe('a merge that is left', () => {
  it('takes no edit of mine for merged without asking', async () => {
    await conflict('edited', 'dig a pond', 'dig a ditch');
    await rows().inlineAction('edited.md', 'Merge');
    await lens('Accept Combination').waitFor();
    await closeEditor();
    await window.editor.open('edited.md');
    await window.editor.replaceAll(plan('dig a pond', 'plant and water'));
    await window.editor.save();
    expect(await window.notifications.text('Is the merge complete?')).toContain("none of the server's changes");
    await window.notifications.click('Is the merge complete?', 'Leave in Conflict');
    await rows().row('edited.md').filter({ hasNotText: 'merging' }).waitFor();
    await window.statusBarText('push', '!1');
    await window.runCommand('Palmtree: Push');
    expect(await onServer('edited')).toBe(plan('dig a ditch', 'plant'));
    await rows().contextMenu('edited.md', 'Keep Mine');
    await inStepButFor(1);
    await push();
  });
});

describe('many conflicts', () => {
  it('are decided all at once, after saying what happens', async () => {
    for (const name of ['one', 'two', 'three']) await conflict(name, `dig ${name}`, `fill ${name}`);
    await rows().row('Conflicts').filter({ hasText: '3' }).waitFor();
    await rows().inlineAction('Conflicts', 'Resolve All Conflicts…');
    await window.quickInput.pick('Take Theirs');
    await window.answerDialog("Replace 3 files with the server's versions?", 'Take Theirs');
    await window.statusBarText('push', 'Palmtree');
    for (const name of ['one', 'two', 'three']) {
      expect(await onDisk(name)).toBe(plan(`fill ${name}`, 'plant'));
      expect(await backups()).toContain(plan(`dig ${name}`, 'plant'));
    }
  });
});

describe('a file with unsaved edits', () => {
  it('is left as it is by a pull, which offers to save it', async () => {
    await other.pull();
    await other.write('notes/open.md', plan('dig there', 'plant'));
    await other.push();
    await window.statusBarText('push', '↓1');
    await window.runCommand('Palmtree: Pull');
    await window.statusBarText('push', 'Palmtree');
    await window.editor.open('open.md');
    await window.editor.append('typed\n');
    await other.write('notes/open.md', plan('fill there', 'plant'));
    await other.push();
    await window.statusBarText('push', '↓1');
    await window.runCommand('Palmtree: Pull');
    expect(await window.notifications.text('was skipped')).toContain('notes/open.md has unsaved changes');
    await window.notifications.click('was skipped', 'Save and Pull');
    // Both changes are in different places: they are merged, or else in conflict, and never lost.
    await window.statusBarText('push', '↑1');
    expect(await onDisk('open')).toBe(`${plan('fill there', 'plant')}typed\n`);
  });
});

describe("the Explorer's menu", () => {
  it('offers Untrack only where something is tracked', async () => {
    await writeFile(join(folder, 'loose.md'), 'not tracked\n');
    await window.showContainer('Explorer');
    await window.explorer.row('loose.md').waitFor();
    expect(await window.explorer.contextMenuItems('loose.md')).not.toContain('Untrack');
    await expect.poll(() => window.explorer.contextMenuItems('notes')).toContain('Untrack');
    await window.explorer.expand('notes');
    await expect.poll(() => window.explorer.contextMenuItems('plan.md')).toContain('Untrack');
  });
});

describe('without a merge editor', () => {
  it("shows the markers in the text editor, with VS Code's own actions", async () => {
    const bare = await TestWorkbench.start({
      env: { PALMTREE_SERVER_URL: server.url, PALMTREE_TOKEN: server.token, PALMTREE_MERGE_EDITOR: 'off' },
      settings: { 'palmtree.serverUrl': server.url, 'palmtree.tree': tree },
    });
    const before = { folder, window };
    try {
      folder = join(scratch, 'bare');
      await mkdir(folder);
      window = await bare.openFolder(folder);
      await window.statusBarText('push', '↓');
      await window.runCommand('Palmtree: Pull');
      await window.statusBarText('push', 'Palmtree');
      await window.showContainer('Palmtree');
      await rows().row('notes').click();
      await leaveAndEdit('left');
      await conflict('typed', 'dig a pond', 'dig a ditch');
      await rows().inlineAction('typed.md', 'Merge');
      await lens('Accept Both Changes').waitFor();
      await lens('Accept Both Changes').click();
      await window.editor.save();
      await inStepButFor(1);
      expect(await onDisk('typed')).toBe(plan('dig a pond\n- dig a ditch', 'plant'));
      await push();
      expect(await onServer('typed')).toBe(plan('dig a pond\n- dig a ditch', 'plant'));
    } finally {
      ({ folder, window } = before);
      await bare.close();
    }
  });
});

/** Closes a merge without saving it, and edits mine later: that decides nothing. */
async function leaveAndEdit(name: string): Promise<void> {
  await conflict(name, 'dig a pond', 'dig a ditch');
  await rows().inlineAction(`${name}.md`, 'Merge');
  await rows().row(`${name}.md`).filter({ hasText: 'merging' }).waitFor();
  await lens('Accept Both Changes').waitFor();
  await closeEditor();
  await rows().row(`${name}.md`).filter({ hasNotText: 'merging' }).waitFor();
  expect(await onDisk(name)).toBe(plan('dig a pond', 'plant'));
  await window.editor.open(`${name}.md`);
  await window.editor.append('later\n');
  await window.editor.save();
  await window.statusBarText('push', '!1');
  await window.runCommand('Palmtree: Push');
  expect(await onServer(name)).toBe(plan('dig a ditch', 'plant'));
  await rows().contextMenu(`${name}.md`, 'Keep Mine');
  await inStepButFor(1);
  await push();
}

/** Closes the shown editor, and drops what is not saved in it: VS Code asks, where there is something to drop. */
async function closeEditor(): Promise<void> {
  const tabs = window.page.locator('.tab');
  const last = tabs.nth((await tabs.count()) - 1);
  await window.runCommand('View: Close Editor');
  const drop = window.page.getByRole('dialog').getByRole('button', { name: /Don't Save|Close with Conflicts/ });
  const closed = last.waitFor({ state: 'detached', timeout: 20_000 });
  await Promise.race([drop.click({ timeout: 20_000 }), closed]);
  await closed;
}

function plan(first: string, second: string): string {
  return `# Garden\n\n- ${first}\n- water\n- rest\n\n## Later\n\n- ${second}\n`;
}

function rows() {
  return window.view('Tracked Files');
}

function mergeEditor() {
  return window.page.locator('.merge-editor');
}

/** The file may be in step with the server before its merge has ended. */
async function mergeEnded(name: string): Promise<void> {
  await mergeEditor().waitFor({ state: 'detached' });
  await rows().row(`${name}.md`).filter({ hasText: 'merging' }).waitFor({ state: 'hidden' });
}

/** An action above a conflict, in the merge editor or in a text. */
function lens(name: string) {
  return window.page
    .locator('.monaco-editor')
    .getByText(name, { exact: name === 'Accept Mine' })
    .first();
}

/** Both machines edit the same line of a file, the other pushes first, and a pull cannot merge that. */
async function conflict(name: string, mine: string, theirs: string, later = 'plant'): Promise<void> {
  await changeBoth(name, mine, theirs, later);
  await window.statusBarText('push', '↑1 ↓1');
  await window.runCommand('Palmtree: Pull');
  await rows().row('Conflicts').waitFor();
  await rows().row(`${name}.md`).waitFor();
}

async function changeBoth(name: string, mine: string, theirs: string, later = 'plant'): Promise<void> {
  const path = `notes/${name}.md`;
  await other.pull();
  await other.write(path, plan(theirs, later));
  await other.push();
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), plan(mine, 'plant'));
}

async function inStepButFor(changes: number): Promise<void> {
  await window.statusBarText('push', new RegExp(`↑${changes}\\s*$`));
}

async function push(): Promise<void> {
  await window.runCommand('Palmtree: Push');
  await window.statusBarText('push', 'Palmtree');
}

function onDisk(name: string): Promise<string> {
  return readFile(join(folder, `notes/${name}.md`), 'utf8');
}

async function onServer(name: string): Promise<string> {
  const { revision } = await client.files(tree, 0);
  return new TextDecoder().decode(await client.content(tree, `notes/${name}.md`, revision));
}

/** The texts of all that the extension keeps of what it replaced. */
async function backups(): Promise<string[]> {
  const files = await readdir(workbench.userDataDir, { recursive: true, withFileTypes: true });
  const kept = files.filter((file) => file.isFile() && file.parentPath.includes('/backups/'));
  return Promise.all(kept.map((file) => readFile(join(file.parentPath, file.name), 'utf8')));
}
