import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { ConflictsFound, PalmtreeApi, PullOutcome, PushOutcome } from '../../api/palmtree';
import { Client } from '../../src/io/api/client';
import { startServer, type RunningServer } from '../support/servers/server';
import { call, statusWhere } from './calls';

let server: RunningServer;
let client: Client;
let api: PalmtreeApi;
let root: string;
let tests = 0;
let tree: string;
/** The folder of this test in the workspace folder, which all tests share. */
let folder: string;

async function setUp(): Promise<void> {
  const extension = vscode.extensions.getExtension<PalmtreeApi>('palmtree.palmtree-sync');
  assert.ok(extension);
  api = await extension.activate();
  root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  server = await startServer();
  client = new Client(server.url, server.token);
}

async function tearDown(): Promise<void> {
  await call('disconnect');
  await server.close();
}

function nextTest(): void {
  tests++;
  tree = `api-${tests}`;
  folder = `api-folder-${tests}`;
}

function removeFolder(): void {
  rmSync(join(root, folder), { recursive: true, force: true });
}

describe('the API for other extensions', () => {
  before(setUp);
  after(tearDown);
  beforeEach(nextTest);
  afterEach(removeFolder);

  it('pushes and pulls, returns what happened, and tells all listeners', async () => {
    await connectWith({ 'a.md': 'one', 'b.md': 'two' });
    const pushed = nextEvent(api.onDidPush);
    const outcome = await api.push({ message: 'By an extension' });
    assert.deepEqual([outcome.revision, outcome.sent, outcome.deleted, outcome.skipped], [1, 2, 0, []]);
    assert.deepEqual(await pushed, outcome);
    assert.equal((await client.revisions(tree)).revisions[0]?.message, 'By an extension');
    await deleteFromElsewhere('b.md');
    const pulled = nextEvent(api.onDidPull);
    const { pull, push } = await api.sync();
    assert.deepEqual([pull.revision, pull.written, pull.deleted], [2, 0, 1]);
    assert.equal(push?.sent, 0);
    assert.deepEqual(await pulled, pull);
    assert.deepEqual([api.status()?.revision, api.status()?.tracked, api.status()?.toPull], [2, 1, 0]);
  });

  it('tells of a push that a command started', async () => {
    await connectWith({ 'a.md': 'one' });
    const pushed = nextEvent(api.onDidPush);
    await call('push');
    assert.equal((await pushed).revision, 1);
  });

  it('pushes only the given paths', async () => {
    await connectWith({ 'a.md': 'one', 'b.md': 'two' });
    assert.equal((await api.push({ paths: [`${folder}/b.md`] })).sent, 1);
    assert.equal(api.status()?.toPush, 1);
  });

  it('names the paths that come into conflict, once', async () => {
    await connectWith({ 'a.md': 'one' });
    await api.push();
    await deleteFromElsewhere('a.md');
    write('a.md', 'edited here');
    const seen: ConflictsFound[] = [];
    const subscription = api.onDidConflict((found) => seen.push(found));
    const { conflicts } = await api.pull();
    await api.pull();
    subscription.dispose();
    assert.deepEqual(conflicts, [`${folder}/a.md`]);
    assert.deepEqual(
      seen.map(({ paths }) => paths),
      [[`${folder}/a.md`]],
    );
    assert.equal(api.status()?.activity, 'conflicted');
  });

  it('rejects with a code for programs and a sentence for the user', async () => {
    await connectWith({ 'a.md': 'one' });
    await api.push();
    await deleteFromElsewhere('a.md');
    write('b.md', 'new');
    await assert.rejects(api.push(), { code: 'stale_base', message: /Pull/ });
    await call('disconnect');
    await assert.rejects(api.push(), { code: 'not_connected', message: 'This folder is not connected to a server.' });
  });
});

describe('the tools for language models', () => {
  before(setUp);
  after(tearDown);
  beforeEach(nextTest);
  afterEach(removeFolder);

  it('tell what changed, what a push would do, and the difference', async () => {
    await connectWith({ 'a.md': 'one\n' });
    await api.push({ message: 'First' });
    write('a.md', 'two\n');
    await call('rescan');
    const path = `${folder}/a.md`;
    const { toPush, changes } = JSON.parse(await ask('palmtree_status')) as Status;
    assert.deepEqual([toPush, changes], [1, [{ path, state: 'modified' }]]);
    const plan = JSON.parse(await ask('palmtree_plan', { direction: 'push' })) as Status;
    assert.deepEqual(plan.changes, [{ path, direction: 'push', effect: 'modify' }]);
    const patch = `--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-one\n+two`;
    assert.equal(await ask('palmtree_diff', { path }), patch);
    assert.equal(await ask('palmtree_diff', { path, revision: 1 }), patch);
    assert.match(await ask('palmtree_history'), /"message": "First"/);
    const { versions } = JSON.parse(await ask('palmtree_history', { path })) as { versions: { revision: number }[] };
    assert.deepEqual(
      versions.map(({ revision }) => revision),
      [1],
    );
  });

  it('answer with a sentence instead of failing', async () => {
    await connectWith({ 'a.md': 'one' });
    writeFileSync(join(root, 'private.txt'), 'secret');
    assert.match(await ask('palmtree_diff', { path: 'private.txt' }), /not tracked/);
    assert.match(await ask('palmtree_diff', { path: '../../etc/passwd' }), /not tracked/);
    assert.match(await ask('palmtree_status', { folder: 'elsewhere' }), /Name one of the connected folders/);
    rmSync(join(root, 'private.txt'));
  });

  it('push, restore and pull once the user has confirmed, which an editor that runs tests does by itself', async () => {
    await connectWith({ 'a.md': 'one', 'b.md': 'two' });
    const path = `${folder}/a.md`;
    assert.match(await ask('palmtree_push', { message: 'By a model' }), /"revision": 1/);
    assert.equal((await client.revisions(tree)).revisions[0]?.message, 'By a model');
    write('a.md', 'edited here');
    assert.match(await ask('palmtree_restore', { path, revision: 1 }), /"restored": \[/);
    assert.equal(readFileSync(join(root, path), 'utf8'), 'one');
    await deleteFromElsewhere('b.md');
    assert.match(await ask('palmtree_pull'), /"deleted": 1/);
    assert.ok(!existsSync(join(root, folder, 'b.md')));
  });
});

interface Status {
  readonly toPush: number;
  readonly changes: readonly object[];
}

/** Binds the workspace folder to the tree of this test, and tracks these files of the test's folder. */
async function connectWith(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) write(path, content);
  await call('connect', { url: server.url, token: server.token, tree });
  await statusWhere(api, (status) => status?.activity === 'idle');
  await vscode.commands.executeCommand('palmtree.track', vscode.Uri.file(join(root, folder)));
}

function write(path: string, content: string): void {
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, path), content);
}

/** Another machine deletes the file. */
async function deleteFromElsewhere(path: string): Promise<void> {
  const { revision } = await client.files(tree, 0);
  const session = await client.beginPush(tree, {
    base: revision,
    changes: [{ op: 'delete', path: `${folder}/${path}` }],
  });
  await client.commitPush(tree, session.id);
}

function nextEvent<T extends PushOutcome | PullOutcome>(event: vscode.Event<T>): Promise<T> {
  return new Promise((resolve) => {
    const subscription = event((value) => {
      subscription.dispose();
      resolve(value);
    });
  });
}

/** The answer of a tool, called by another extension. */
async function ask(name: string, input: object = {}): Promise<string> {
  const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
  const [part] = content;
  assert.ok(part instanceof vscode.LanguageModelTextPart);
  return part.value;
}
