import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../support/workbench/uiTest';

describe('a push', () => {
  it('is cancelled with Ctrl-C in the terminal, and both sides are as they were', async ({ desk, laptop, server }) => {
    const window = await desk.openInSync(laptop, { 'notes/plan.md': '# Garden\n' });
    const sessions = (): Promise<string[]> => readdir(join(server.dataDir, 'sessions'));
    const before = await sessions();
    await desk.write('notes/large.bin', randomBytes(600_000_000));
    await window.pending('↑1');
    await window.clickStatusBarItem();
    await window.terminal.waitFor('large.bin');
    await window.terminal.press('Control+C');
    await window.terminal.waitFor('Cancelled.');
    await window.pending('↑1');
    expect(await desk.pathsOnServer()).toEqual(['notes/plan.md']);
    await expect.poll(async () => (await sessions()).filter((name) => !before.includes(name))).toEqual([]);
  });

  it('that deletes most files asks first', async ({ desk, laptop }) => {
    const names = Array.from({ length: 12 }, (_, n) => `notes/${n}.txt`);
    const window = await desk.openInSync(laptop, Object.fromEntries(names.map((name) => [name, `${name}\n`])));
    for (const name of names.slice(0, 10)) await desk.delete(name);
    await window.pending('↑10');
    await window.clickStatusBarItem();
    await window.answerDialog('delete 10 of 12 tracked files', 'Cancel');
    expect(await desk.pathsOnServer()).toHaveLength(12);
    await window.clickStatusBarItem();
    await window.answerDialog('delete 10 of 12 tracked files', 'Delete 10 Files on the Server');
    await window.inSync();
    expect(await desk.pathsOnServer()).toEqual(['notes/10.txt', 'notes/11.txt']);
  });

  it('with force shows what it replaces on the server, and asks first', async ({ desk, laptop }) => {
    const window = await desk.openInSync(laptop, { 'notes/list.md': 'spade\n', 'notes/plan.md': 'dig\n' });
    await laptop.delete('notes/list.md');
    await laptop.push();
    await window.pending('↓1');
    await window.runCommand('Palmtree: Push (Force)…');
    await window.answerDialog('notes/list.md', 'Force Push');
    await window.inSync();
    expect(await desk.pathsOnServer()).toEqual(['notes/list.md', 'notes/plan.md']);
  });
});
