import { readdirSync, writeFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/io/fs/sha256';
import { silent, until, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

let base: string;
let root: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'palmtree-windows-'));
  root = join(base, 'notes');
  await mkdir(root);
});

afterEach(() => rm(base, { recursive: true, force: true }));

function windowStorage(window: string): string {
  return join(base, 'workspaceStorage', window, 'palmtree');
}

/** Opens the folder in a window, to which VS Code gives a storage of its own. */
function open(window: string, at = root): Promise<Machine> {
  const storage = { storage: windowStorage(window), globalStorage: join(base, 'globalStorage') };
  return fixture.machine({ root: at, window: storage });
}

/** Opens the folder in a window of a release without the registry. */
async function openAlone(window: string): Promise<Machine> {
  const storage = join(windowStorage(window), sha256(pathToFileURL(root).href).slice(0, 16));
  await mkdir(storage, { recursive: true });
  return fixture.machine({ root, storage });
}

/** Pushes from another machine. */
async function pushElsewhere(files: Readonly<Record<string, string>>): Promise<void> {
  const elsewhere = await fixture.machine();
  await elsewhere.sync.track(['n']).catch(() => undefined);
  await elsewhere.pull();
  for (const [path, content] of Object.entries(files)) await elsewhere.write(path, content);
  await elsewhere.sync.track(['n']);
  await elsewhere.push();
}

describe('two windows on one folder, one after the other', () => {
  it('share what is untracked, and what was synced', async () => {
    await pushElsewhere({ 'n/a': 'a', 'n/big': 'big' });
    const first = await open('w1');
    await first.sync.rescan(silent);
    await first.sync.untrack(['n/big']);
    await first.pull();
    await first.close();
    const second = await open('w2');
    await second.sync.rescan(silent);
    expect(second.storage).toBe(first.storage);
    expect(second.sync.state).toMatchObject({ kind: 'idle', counts: { incoming: 0, outgoing: 0 } });
    await second.pull();
    expect(await readdir(join(root, 'n'))).toEqual(['a']);
  });

  it('share a conflict and the backups', async () => {
    const first = await open('w1');
    await first.write('n/a', 'old');
    await first.sync.track(['n']);
    await first.push();
    await pushElsewhere({ 'n/a': 'theirs', 'n/b': 'b' });
    await first.write('n/a', 'mine');
    await first.write('n/b', 'untracked before');
    await first.pull();
    await first.close();
    const second = await open('w1-1');
    await second.sync.rescan(silent);
    expect(second.sync.conflicts.map(({ path }) => path)).toContain('n/a');
    expect(await second.sync.backups.list()).toEqual(await first.sync.backups.list());
  });

  it('survive a folder that was moved', async () => {
    const first = await open('w1');
    await first.write('n/a', 'a');
    await first.sync.track(['n']);
    await first.push();
    await first.close();
    const moved = join(base, 'moved');
    await rename(root, moved);
    const second = await open('w2', moved);
    await second.sync.rescan(silent);
    expect(second.storage).toBe(first.storage);
    expect(second.sync.state).toMatchObject({ kind: 'idle', revision: 1, counts: { outgoing: 0, incoming: 0 } });
  });

  it('keep the untracked paths if another folder replaces theirs, and a pull brings back its missing files', async () => {
    await pushElsewhere({ 'n/a': 'a', 'n/b': 'b', 'n/big': 'big' });
    const first = await open('w1');
    await first.sync.rescan(silent);
    await first.sync.untrack(['n/big']);
    await first.pull();
    await first.close();
    await rename(root, join(base, 'kept'));
    await mkdir(join(root, 'n'), { recursive: true });
    writeFileSync(join(root, 'n/a'), 'a');
    const second = await open('w1');
    await second.pull();
    await second.push();
    expect(await fixture.pathsOnServer()).toEqual(['n/a', 'n/b', 'n/big']);
    expect(readdirSync(join(root, 'n'))).toEqual(['a', 'b']);
  });

  it('are rebuilt from the disk and the server if the storage was deleted', async () => {
    await pushElsewhere({ 'n/a': 'a', 'n/b': 'b' });
    const first = await open('w1');
    await first.pull();
    await first.close();
    await rm(join(base, 'workspaceStorage'), { recursive: true });
    await first.write('n/b', 'mine');
    const second = await open('w1');
    await second.pull();
    expect(second.sync.state).toMatchObject({ kind: 'conflicted', counts: { conflicts: 1 } });
    expect([await second.read('n/a'), await second.read('n/b')]).toEqual(['a', 'mine']);
  });
});

describe('two windows on one folder, at the same time', () => {
  it('run one operation at a time, on one state, and show what the other did', async () => {
    const [one, other] = await Promise.all([open('w1'), open('w2')]);
    await one.write('n/a', 'a');
    await Promise.all([one.sync.track(['n']), other.sync.rescan(silent)]);
    await until(other, ({ counts }) => counts.outgoing === 1);
    await other.push();
    await until(one, ({ revision, counts }) => revision === 1 && counts.outgoing === 0);
    await pushElsewhere({ 'n/a': 'new', 'n/b': 'b' });
    await one.sync.rescan(silent);
    await other.sync.rescan(silent);
    await one.pull();
    const state = await until(other, ({ revision, counts }) => revision === 2 && counts.incoming === 0);
    expect(state).toMatchObject({ kind: 'idle', counts: { outgoing: 0, conflicts: 0 } });
    await other.sync.untrack(['n/b']);
    await until(one, () => !one.sync.isTracked('n/b'));
    expect(await other.sync.undoPull(silent)).toBeDefined();
  });

  it('continue if their storage is deleted', async () => {
    const [one, other] = await Promise.all([open('w1'), open('w2')]);
    await one.write('n/a', 'a');
    await one.sync.track(['n']);
    await rm(one.storage, { recursive: true });
    await one.push();
    expect(await fixture.pathsOnServer()).toEqual(['n/a']);
    await other.sync.rescan(silent);
    expect(other.sync.state).toMatchObject({ revision: 1, counts: { outgoing: 0 } });
  });

  it('do not mix two trees if one window binds another tree', async () => {
    const first = await fixture.machine();
    const second = await fixture.machine({ tree: `${fixture.tree}-other`, root: first.root, storage: first.storage });
    await first.write('n/a', 'a');
    await expect(first.sync.track(['n'])).resolves.toBeUndefined();
    await expect(first.push()).rejects.toMatchObject({ code: 'not_connected' });
    expect(await second.push()).toMatchObject({ put: 1 });
  });
});

describe('storages that windows kept by themselves', () => {
  it('are merged: no pull of one is a conflict of the other, nothing that was untracked returns', async () => {
    await pushElsewhere({ 'n/a': 'a1', 'n/b': 'b1', 'n/big': 'big' });
    const one = await openAlone('w1');
    await one.sync.rescan(silent);
    await one.sync.untrack(['n/big']);
    await one.pull();
    const other = await openAlone('w2');
    await other.sync.rescan(silent);
    await other.sync.untrack(['n/big']);
    await other.pull();
    await pushElsewhere({ 'n/a': 'a2' });
    await one.pull();
    await pushElsewhere({ 'n/a': 'a3', 'n/b': 'b3' });
    await other.sync.rescan(silent);
    await one.write('n/b', 'mine');
    const backups = [...(await one.sync.backups.list()), ...(await other.sync.backups.list())];
    await one.close();
    await other.close();

    const merged = await open('w2');
    expect(merged.storage).toBe(one.storage);
    await merged.pull();
    expect(merged.sync.conflicts.map(({ path }) => path)).toEqual(['n/b']);
    expect([await merged.read('n/a'), await merged.read('n/b')]).toEqual(['a3', 'mine']);
    expect(readdirSync(join(root, 'n'))).toEqual(['a', 'b']);
    const kept = (await merged.sync.backups.list()).map(({ at }) => at);
    for (const { at } of backups) expect(kept).toContain(at);
  });

  it('are left alone while another window uses one, and merged afterwards', async () => {
    const one = await openAlone('w1');
    await one.write('n/a', 'a');
    await one.sync.track(['n']);
    await one.close();
    const other = await openAlone('w2');
    await other.sync.track(['n']);
    await other.sync.untrack(['n/a']);
    await other.close();
    // A lock that another process has.
    const lock = { pid: process.pid, host: 'elsewhere.invalid', id: 'x' };
    writeFileSync(join(other.storage, 'palmtree.lock'), JSON.stringify(lock));
    const before = await open('w1');
    expect(before.sync.isTracked('n/a')).toBe(true);
    await before.close();
    await rm(join(other.storage, 'palmtree.lock'));
    const after = await open('w1');
    expect(after.sync.isTracked('n/a')).toBe(false);
  });

  it('are found although the registry and one of them are damaged', async () => {
    const one = await openAlone('w1');
    await one.write('n/a', 'a');
    await one.sync.track(['n']);
    await one.push();
    await one.close();
    await cp(join(base, 'workspaceStorage/w1'), join(base, 'workspaceStorage/w2'), { recursive: true });
    const copy = one.storage.replace('/w1/', '/w2/');
    writeFileSync(join(copy, 'palmtree.db'), 'no database');
    await mkdir(join(base, 'globalStorage'), { recursive: true });
    writeFileSync(join(base, 'globalStorage/folders.json'), '{');
    const merged = await open('w3');
    await merged.sync.rescan(silent);
    expect(merged.sync.state).toMatchObject({ revision: 1, counts: { outgoing: 0, incoming: 0 } });
  });
});
