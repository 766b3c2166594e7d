import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { nodeBinary, serverBundle } from '../../scripts/paths.mts';
import { pushFiles } from '../support/workbench/desk';
import type { RunningServer } from '../support/servers/server';
import { it } from '../support/workbench/uiTest';

async function administer({ dataDir }: RunningServer, ...args: string[]): Promise<void> {
  const command = spawn(nodeBinary, [serverBundle, ...args, '--data', dataDir], { stdio: 'ignore' });
  expect(await once(command, 'close')).toEqual([0, null]);
}

describe('a server that no longer has the last synced revision', () => {
  it('is compared anew in the one folder that the user picks and agrees for', async ({
    createDesk,
    openLaptop,
    openWindow,
    scratch,
    server,
    tree,
  }) => {
    const garden = await createDesk('garden', `${tree}-garden`);
    const kitchen = await createDesk('kitchen', `${tree}-kitchen`);
    const laptop = await openLaptop(garden.tree);
    await pushFiles(laptop, { 'notes/plan.md': '# Garden\n' });
    const file = join(scratch, 'home.code-workspace');
    await writeFile(file, JSON.stringify({ folders: [{ path: 'garden' }, { path: 'kitchen' }] }));
    const window = await openWindow(file);
    await window.activated();
    await window.pending('↓1');
    await window.clickStatusBarItem();
    await garden.becomes('notes/plan.md', '# Garden\n');
    await window.inSync();

    await administer(server, 'tree', 'delete', garden.tree, '--yes');
    await administer(server, 'gc');
    await laptop.client.makeTree(garden.tree);
    await laptop.write('notes/plan.md', '# Garden of the laptop\n');
    await laptop.write('other/list.md', '# List\n');
    await laptop.pull(false, { comparesAnew: true });
    await laptop.sync.track(['other']);
    await laptop.push();

    const question = `${server.url} no longer has revision 1 of "${garden.tree}", which this folder was last synced with.`;
    const pull = async (): Promise<void> => {
      await window.runCommand('Palmtree: Pull');
      await window.quickInput.pick('garden');
    };
    await pull();
    const dialog = window.page.getByRole('dialog').filter({ hasText: question });
    await dialog.getByText('It replaces and deletes none').waitFor();
    await window.answerDialog(question, 'Cancel');
    expect(await garden.read('notes/plan.md')).toBe('# Garden\n');
    await pull();
    await window.answerDialog(question, 'Compare All Files');
    await window.answerDialog('has files from other tokens: laptop. Pull this file', 'Leave Them Out');
    await window.pending('!1');
    await window.showContainer('Palmtree');
    await window.view('Tracked Files').row('plan.md').filter({ hasText: 'conflict' }).first().waitFor();
    expect(await garden.read('notes/plan.md')).toBe('# Garden\n');
    expect(await kitchen.pathsOnServer()).toEqual([]);
  });
});
