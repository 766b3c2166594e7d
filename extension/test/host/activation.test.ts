import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import * as vscode from 'vscode';

/** Commands that keybindings and other extensions call. */
const publicCommands = [
  'palmtree.connect',
  'palmtree.disconnect',
  'palmtree.track',
  'palmtree.untrack',
  'palmtree.push',
  'palmtree.pushForce',
  'palmtree.pull',
  'palmtree.rescan',
  'palmtree.showLog',
  'palmtree.showTerminal',
];

function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension('palmtree.palmtree-sync');
  assert.ok(found, 'the extension is not installed');
  return found;
}

describe('the extension in a real extension host', () => {
  it('activates and returns its API', async () => {
    const api = await extension().activate();
    assert.equal(extension().isActive, true);
    assert.equal(typeof (api as { onDidChangeStatus?: unknown }).onDidChangeStatus, 'function');
  });

  it('registers every command of its manifest, and those that others call', async () => {
    await extension().activate();
    const registered = new Set(await vscode.commands.getCommands(true));
    const { contributes } = extension().packageJSON as { contributes: { commands: { command: string }[] } };
    const declared = contributes.commands.map(({ command }) => command);
    assert.deepEqual(
      [...declared, ...publicCommands].filter((command) => !registered.has(command)),
      [],
    );
    assert.deepEqual(
      publicCommands.filter((command) => !declared.includes(command)),
      [],
    );
  });
});
