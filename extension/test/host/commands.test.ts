import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { PalmtreeApi } from '../../api/palmtree';
import type { PullResult } from '../../src/sync/pull/pull';
import type { PushResult } from '../../src/sync/push/push';
import { call, statusWhere } from './calls';
import { startServer, type RunningServer } from '../support/servers/server';
import { Client } from '../../src/io/api/client';

let server: RunningServer;
let client: Client;
let api: PalmtreeApi;
let root: string;

let tests = 0;
/** The tree of this test. */
let tree: string;
/** The folder of this test in the workspace folder, which all tests share. */
let folder: string;

describe('the commands, called by code', () => {
  before(async function () {
    this.timeout(60_000);
    const extension = vscode.extensions.getExtension<PalmtreeApi>('palmtree.palmtree-sync');
    assert.ok(extension);
    api = await extension.activate();
    root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
    server = await startServer();
    client = new Client(server.url, server.token);
    await statusWhere(api, (status) => status?.activity === 'unconnected');
  });
  beforeEach(() => {
    tests++;
    tree = `tree-${tests}`;
    folder = `folder-${tests}`;
  });
  afterEach(() => rmSync(join(root, folder), { recursive: true, force: true }));
  after(async () => {
    await call('disconnect');
    await server.close();
  });

  it('push without a connection rejects, and says so', async () => {
    await call('disconnect');
    await assert.rejects(call('push'), /no server is connected/);
  });

  it('connect refuses a wrong address, a wrong token and an unencrypted connection', async () => {
    await call('disconnect');
    const given = { url: server.url, token: server.token, tree };
    await assert.rejects(call('connect', { ...given, url: 'nonsense' }), /not a server's address/);
    await assert.rejects(call('connect', { ...given, token: 'ptk_wrong' }), /401|token/);
    await assert.rejects(call('connect', { ...given, url: 'http://sync.example.org' }), /not encrypted/);
    await assert.rejects(call('connect', { ...given, tree: 'no/tree' }), /not a tree name/);
    assert.equal(api.status()?.activity, 'unconnected');
  });

  it('connect binds the folder and keeps the token out of the settings', async () => {
    await connect();
    assert.equal(api.status()?.server, server.url);
    assert.equal(api.status()?.tree, tree);
    const settings = readFileSync(join(root, '.vscode/settings.json'), 'utf8');
    assert.match(settings, /palmtree\.tree/);
    assert.ok(!settings.includes(server.token));
  });

  it('track, push and pull return their results', async () => {
    write('a.md', 'one');
    write('run.sh', '#!/bin/sh');
    chmodSync(join(root, folder, 'run.sh'), 0o755);
    await connect();
    await track();
    assert.equal(api.status()?.toPush, 2);
    const pushed = await call<PushResult>('push');
    assert.deepEqual(
      { ...pushed, uploadedBytes: 0 },
      {
        revision: 1,
        put: 2,
        deleted: 0,
        renamed: 0,
        names: { written: [`${folder}/a.md`, `${folder}/run.sh`], deleted: [], renamed: [] },
        skipped: [],
        uploadedBytes: 0,
      },
    );
    assert.ok(pushed.uploadedBytes > 0);
    const pulled = await call<PullResult>('pull');
    assert.deepEqual(pulled, {
      revision: 1,
      written: 0,
      deleted: 0,
      renamed: 0,
      names: { written: [], deleted: [], renamed: [] },
      downloadedBytes: 0,
      merged: [],
      conflicts: [],
      skipped: [],
      held: [],
      skippedFolders: [],
      backup: undefined,
      undo: [],
    });
  });

  it('the watcher keeps the count of pending changes up to date', async () => {
    await connectWith({ 'a.md': 'deleted', 'kept.md': 'kept' });
    write('b.md', 'added');
    await statusWhere(api, (status) => status?.toPush === 1);
    rmSync(join(root, folder, 'a.md'));
    await statusWhere(api, (status) => status?.toPush === 2);
    const { put, deleted } = await call<PushResult>('push');
    assert.deepEqual({ put, deleted }, { put: 1, deleted: 1 });
    assert.equal(api.status()?.toPush, 0);
  });

  it('the watcher reports changes in a folder that was made together with the one above it', async () => {
    await connectWith({ 'a.md': 'one' });
    write('new/deep/er/b.md', 'added');
    await statusWhere(api, (status) => status?.toPush === 1);
    await call<PushResult>('push');
    write('new/deep/er/b.md', 'changed');
    await statusWhere(api, (status) => status?.toPush === 1);
    rmSync(join(root, folder, 'new'), { recursive: true });
    await call<PushResult>('push');
    write('new/deep/er/b.md', 'added again');
    await statusWhere(api, (status) => status?.toPush === 1);
    await call<PushResult>('push');
    write('new/deep/er/b.md', 'changed again');
    await statusWhere(api, (status) => status?.toPush === 1);
  });

  it('excluded paths are left out, until they are tracked by name', async () => {
    await connectWith({ 'a.md': 'included' });
    write('node_modules/p/index.js', 'x');
    write('.git/config', 'x');
    await call('rescan');
    assert.equal(api.status()?.toPush, 0);
    await track('node_modules');
    assert.equal(api.status()?.toPush, 1);
    await vscode.commands.executeCommand('palmtree.untrack', uri(`${folder}/node_modules`));
    assert.equal(api.status()?.toPush, 0);
  });

  it('the exclude patterns of a folder are added to the default ones, and can turn them off', async () => {
    await connectWith({ 'a.md': 'included' });
    for (const path of ['.a.md.swp', 'b.log', 'c.tmp']) write(path, 'x');
    await call('rescan');
    assert.equal(api.status()?.toPush, 1);
    const configuration = vscode.workspace.getConfiguration('palmtree', uri(''));
    await configuration.update('exclude', { '*.log': true, '*.tmp': false });
    try {
      await call('rescan');
      await call('push');
      const { files } = await client.files(tree, 0);
      const names = files.map(({ path }) => path.slice(folder.length + 1));
      assert.deepEqual(names.sort(), ['a.md', 'c.tmp']);
    } finally {
      await configuration.update('exclude', undefined);
    }
  });

  it('a pull never changes a file with unsaved edits', async () => {
    await connectWith({ 'open.md': 'base', 'kept.md': 'not opened' });
    const path = `${folder}/open.md`;
    const document = await vscode.workspace.openTextDocument(uri(path));
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), 'typed '));
    await deleteFromElsewhere(path);
    const { written, skipped } = await call<PullResult>('pull');
    assert.deepEqual({ written, skipped: skipped.map((one) => one.path) }, { written: 0, skipped: [path] });
    assert.equal(readFileSync(join(root, path), 'utf8'), 'base');
    assert.equal(document.getText(), 'typed base');
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    assert.equal((await call<PullResult>('pull')).deleted, 1);
    assert.ok(!existsSync(join(root, path)));
  });

  it('a force push that code does not confirm is refused, and the user is not asked', async () => {
    await connectWith({ 'a.md': 'not pushed again' });
    await assert.rejects(call('pushForce'), /not confirmed/);
  });

  it('a force push without changes verifies and repairs the content on the server', async () => {
    await connectWith({ 'a.md': 'damaged on the server' });
    const damaged = await objectOf('a.md');
    chmodSync(damaged, 0o644);
    writeFileSync(damaged, 'rot');
    const result = await call<PushResult>('pushForce', { confirmed: true });
    assert.equal(result.put, 0);
    assert.equal(readFileSync(damaged, 'utf8'), 'damaged on the server');
  });

  it('a missing rsync is reported where the user insists on it, and otherwise files travel over HTTP', async () => {
    await connect();
    write('a.md', 'needs rsync');
    await track();
    const configuration = vscode.workspace.getConfiguration('palmtree');
    await configuration.update('rsyncPath', '/nowhere/rsync', vscode.ConfigurationTarget.Global);
    await configuration.update('transport', 'rsync', vscode.ConfigurationTarget.Global);
    try {
      await assert.rejects(call('push'), /rsync/);
      assert.equal(api.status()?.toPush, 1);
      await configuration.update('transport', undefined, vscode.ConfigurationTarget.Global);
      assert.equal((await call<PushResult>('push')).put, 1);
    } finally {
      await configuration.update('rsyncPath', undefined, vscode.ConfigurationTarget.Global);
      await configuration.update('transport', undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it('nothing is stored in the workspace folder but its settings', async () => {
    await connectWith({ 'a.md': 'stored elsewhere' });
    assert.deepEqual(readdirSync(root).sort(), ['.vscode', folder]);
  });
});

function uri(path: string): vscode.Uri {
  return vscode.Uri.file(join(root, path));
}

/** Binds the workspace folder to the tree of this test, in place of the tree of an earlier one. */
async function connect(): Promise<void> {
  await call('connect', { url: server.url, token: server.token, tree });
  await statusWhere(api, (status) => status?.activity === 'idle');
}

/** Connects, and pushes these files of the test's folder. */
async function connectWith(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) write(path, content);
  await connect();
  await track();
  await call('push');
}

/** Tracks a path in the test's folder, or that folder. */
async function track(path = ''): Promise<void> {
  await vscode.commands.executeCommand('palmtree.track', uri(join(folder, path)));
}

function write(path: string, content: string): void {
  const file = join(root, folder, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
}

/** Another machine deletes the file. */
async function deleteFromElsewhere(path: string): Promise<void> {
  const { revision } = await client.files(tree, 0);
  const session = await client.beginPush(tree, { base: revision, changes: [{ op: 'delete', path }] });
  await client.commitPush(tree, session.id);
}

/** The object with the content of a file of the test's folder. */
async function objectOf(name: string): Promise<string> {
  const { files } = await client.files(tree, 0);
  const found = files.find(({ path }) => path === `${folder}/${name}`);
  assert.ok(found && 'hash' in found);
  return join(server.dataDir, 'objects', found.hash.slice(0, 2), found.hash);
}
