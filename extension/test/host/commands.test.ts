import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { PalmtreeApi } from '../../src/extension';
import type { PullResult } from '../../src/sync/pull/pull';
import type { PushResult } from '../../src/sync/push/push';
import type { SyncState } from '../../src/sync/ports/syncState';
import { startServer, type RunningServer } from '../support/server';
import { Client } from '../../src/io/api/client';

let server: RunningServer;
let api: PalmtreeApi;
let root: string;

describe('the commands, called by code', () => {
  before(async function () {
    this.timeout(60_000);
    const extension = vscode.extensions.getExtension<PalmtreeApi>('palmtree.palmtree-sync');
    assert.ok(extension);
    api = await extension.activate();
    root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
    server = await startServer();
    await stateWhere((state) => state?.kind === 'unconnected');
  });
  after(async () => {
    await vscode.commands.executeCommand('palmtree.disconnect', {});
    await server.close();
  });

  it('push without a connection rejects, and says so', async () => {
    await assert.rejects(call('push'), /no server is connected/);
  });

  it('connect refuses a wrong address, a wrong token and a token in the clear', async () => {
    const given = { url: server.url, token: server.token, tree: 'host' };
    await assert.rejects(call('connect', { ...given, url: 'nonsense' }), /not a server's address/);
    await assert.rejects(call('connect', { ...given, token: 'ptk_wrong' }), /401|token/);
    await assert.rejects(call('connect', { ...given, url: 'http://sync.example.org' }), /not encrypted/);
    await assert.rejects(call('connect', { ...given, tree: 'no/tree' }), /not a tree name/);
    assert.equal(api.state()?.kind, 'unconnected');
  });

  it('connect binds the folder and keeps the token out of the settings', async () => {
    await call('connect', { url: server.url, token: server.token, tree: 'host' });
    await stateWhere((state) => state?.kind === 'idle');
    assert.deepEqual(api.state()?.binding, { server: server.url, tree: 'host' });
    const settings = readFileSync(join(root, '.vscode/settings.json'), 'utf8');
    assert.match(settings, /palmtree\.tree/);
    assert.ok(!settings.includes(server.token));
  });

  it('track, push and pull answer their results', async () => {
    write('notes/a.md', 'one');
    write('notes/run.sh', '#!/bin/sh');
    chmodSync(join(root, 'notes/run.sh'), 0o755);
    await vscode.commands.executeCommand('palmtree.track', uri('notes'));
    assert.equal(api.state()?.counts.outgoing, 2);
    const pushed = await call<PushResult>('push');
    assert.deepEqual({ ...pushed, uploadedBytes: 0 }, { revision: 1, put: 2, deleted: 0, uploadedBytes: 0 });
    assert.ok(pushed.uploadedBytes > 0);
    const pulled = await call<PullResult>('pull');
    assert.deepEqual(pulled, {
      revision: 1,
      written: 0,
      deleted: 0,
      downloadedBytes: 0,
      merged: [],
      conflicts: [],
      skipped: [],
      skippedFolders: [],
      backup: undefined,
    });
  });

  it('the watcher keeps the count of what waits', async () => {
    write('notes/b.md', 'new');
    await stateWhere((state) => state?.counts.outgoing === 1);
    rmSync(join(root, 'notes/a.md'));
    await stateWhere((state) => state?.counts.outgoing === 2);
    assert.deepEqual(await call<PushResult>('push').then(({ put, deleted }) => ({ put, deleted })), {
      put: 1,
      deleted: 1,
    });
    assert.equal(api.state()?.counts.outgoing, 0);
  });

  it('what was excluded is left out, until it is tracked by name', async () => {
    write('notes/node_modules/p/index.js', 'x');
    write('notes/.git/config', 'x');
    await call('rescan');
    assert.equal(api.state()?.counts.outgoing, 0);
    await vscode.commands.executeCommand('palmtree.track', uri('notes/node_modules'));
    assert.equal(api.state()?.counts.outgoing, 1);
    await vscode.commands.executeCommand('palmtree.untrack', uri('notes/node_modules'));
    assert.equal(api.state()?.counts.outgoing, 0);
  });

  it('a pull never writes a file that is edited and not saved', async () => {
    write('notes/open.md', 'base');
    await call('push');
    const document = await vscode.workspace.openTextDocument(uri('notes/open.md'));
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), 'typed '));
    await pushFromElsewhere('notes/open.md');
    const pulled = await call<PullResult>('pull');
    assert.equal(pulled.written, 0);
    assert.deepEqual(
      pulled.skipped.map(({ path }) => path),
      ['notes/open.md'],
    );
    assert.equal(readFileSync(join(root, 'notes/open.md'), 'utf8'), 'base');
    assert.equal(document.getText(), 'typed base');
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    assert.equal((await call<PullResult>('pull')).deleted, 1);
    assert.ok(!existsSync(join(root, 'notes/open.md')));
  });

  it('a force push that code does not confirm is refused, and nobody is asked', async () => {
    await assert.rejects(call('pushForce'), /not confirmed/);
  });

  it('a force push goes through with nothing changed, and verifies what the server has', async () => {
    const lost = await objectOf('notes/b.md');
    chmodSync(lost, 0o644);
    writeFileSync(lost, 'rot');
    const result = await call<PushResult>('pushForce', { confirmed: true });
    assert.equal(result.put, 0);
    assert.equal(readFileSync(lost, 'utf8'), 'new');
  });

  it('a missing rsync is named with the way to install it, and nothing else breaks', async () => {
    const configuration = vscode.workspace.getConfiguration('palmtree');
    await configuration.update('rsyncPath', '/nowhere/rsync', vscode.ConfigurationTarget.Global);
    try {
      write('notes/c.md', 'needs rsync');
      await assert.rejects(call('push'), /rsync/);
      assert.equal(api.state()?.counts.outgoing, 1);
    } finally {
      await configuration.update('rsyncPath', undefined, vscode.ConfigurationTarget.Global);
    }
    assert.equal((await call<PushResult>('push')).put, 1);
  });

  it('the store is a file in the workspace storage, and no file of the workspace', () => {
    assert.deepEqual(readdirSync(root).sort(), ['.vscode', 'notes']);
  });
});

function uri(path: string): vscode.Uri {
  return vscode.Uri.file(join(root, path));
}

function call<T>(name: string, options: object = {}): Promise<T> {
  return Promise.resolve(vscode.commands.executeCommand<T>(`palmtree.${name}`, options));
}

function write(path: string, content: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** Another machine deletes the file. */
async function pushFromElsewhere(path: string): Promise<void> {
  const client = new Client(server.url, server.token);
  const { revision } = await client.files('host', 0);
  const session = await client.beginPush('host', { base: revision, changes: [{ op: 'delete', path }] });
  await client.commitPush('host', session.id);
}

async function objectOf(path: string): Promise<string> {
  const { files } = await new Client(server.url, server.token).files('host', 0);
  const found = files.find((file) => file.path === path);
  assert.ok(found && 'hash' in found);
  return join(server.dataDir, 'objects', found.hash.slice(0, 2), found.hash);
}

function stateWhere(holds: (state: SyncState | undefined) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (!holds(api.state())) return;
      subscription.dispose();
      resolve();
    };
    const subscription = api.onDidChangeState(check);
    check();
  });
}
