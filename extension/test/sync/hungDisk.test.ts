import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Reporter } from '../../src/sync/ports/serverBinding';
import { HungDisk } from '../support/disks/hungDisk';
import { silent, until, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();
let disk: HungDisk | undefined;

afterEach(() => {
  disk?.unmount();
  disk = undefined;
});

/** Resolves when timers have fired many times: the event loop of this thread, as of the extension host, goes on. */
function eventLoopGoesOn(): Promise<void> {
  return new Promise((resolve) => {
    let ticks = 0;
    const timer = setInterval(() => {
      if (++ticks < 30) return;
      clearInterval(timer);
      resolve();
    }, 10);
  });
}

describe.skipIf(!HungDisk.canBeMounted)('a disk that stops to respond', () => {
  it.each<[string, (desk: Machine) => Promise<unknown>]>([
    ['a rescan', (desk) => desk.sync.rescan(silent)],
    ['a push', (desk) => desk.push()],
    ['a pull', (desk) => desk.pull()],
    ['tracking a file', (desk) => desk.sync.track(['n/b.md'])],
  ])('keeps %s waiting, but not the extension host, and the folder recovers', async (_, command) => {
    const desk = await fixture.machine();
    await desk.write('n/a.md', 'one');
    await desk.sync.track(['n']);
    await desk.push();
    await desk.write('n/b.md', 'two');
    disk = HungDisk.mount(desk.root);
    let isDone = false;
    const ended = command(desk).then(
      () => (isDone = true),
      () => (isDone = true),
    );
    await eventLoopGoesOn();
    expect(isDone).toBe(false);
    disk.unmount();
    disk = undefined;
    await ended;
    await desk.sync.rescan(silent);
    await until(desk, ({ kind, counts }) => kind === 'idle' && counts.outgoing === 1);
    expect(await desk.push()).toMatchObject({ put: 1, deleted: 0 });
  });

  it('and has the storage does not keep a push from being cancelled', async () => {
    const desk = await fixture.machine();
    await desk.write('n/a.md', 'one');
    await desk.sync.track(['n']);
    await desk.push();
    await desk.write('n/a.md', 'two');
    disk = HungDisk.mount(desk.storage);
    const cancel = new AbortController();
    const pushed = desk.sync.push({ ...silent, signal: cancel.signal });
    await eventLoopGoesOn();
    cancel.abort();
    await expect(pushed).rejects.toMatchObject({ code: 'cancelled' });
    disk.unmount();
    disk = undefined;
    expect(await desk.push()).toMatchObject({ put: 1 });
  });

  it.each([
    ['the backups', 'backups'],
    ['the staging folder', 'staging'],
    ['the packs', 'packs'],
  ])('and has %s keeps no scan from going on, and is named until it responds', async (_, name) => {
    const desk = await fixture.machine();
    await desk.write('n/a.md', 'one');
    await desk.sync.track(['n']);
    await desk.push();
    const folder = join(desk.storage, name);
    await mkdir(folder, { recursive: true });
    disk = HungDisk.mount(folder);
    await desk.write('n/a.md', 'two');
    await desk.sync.rescan(silent);
    expect(desk.sync.state).toMatchObject({ counts: { outgoing: 1 }, silentFolder: folder });
    await desk.write('other/b.md', 'new');
    await desk.sync.track(['other']);
    desk.sync.onFileEvents(['n/a.md', 'n/c.md']);
    await desk.write('n/c.md', 'three');
    desk.sync.onFileEvents(['n/c.md']);
    await until(desk, ({ counts }) => counts.outgoing === 3);
    disk.unmount();
    disk = undefined;
    await desk.sync.rescan(silent);
    expect(desk.sync.state.silentFolder).toBeUndefined();
    expect(await desk.push()).toMatchObject({ put: 3 });
  });

  it("outside of the folder keeps no scan waiting, even if the user's links lead there", async () => {
    const desk = await fixture.machine();
    const share = await mkdtemp(join(tmpdir(), 'palmtree-share-'));
    disk = HungDisk.mount(share);
    await desk.write('notes/a/x.md', 'one');
    await desk.sync.track(['notes/a']);
    await symlink(share, desk.path('.vscode'));
    await symlink(join(share, 'deep/hooks'), desk.path('.husky'));
    await symlink('between/envrc', desk.path('.envrc'));
    await symlink(share, desk.path('between'));
    await symlink('../../between/file', desk.path('notes/a/link'));
    await desk.sync.rescan(silent);
    expect(Object.fromEntries(desk.sync.pathStates)).toMatchObject({
      'notes/a/x.md': 'added',
      'notes/a/link': 'problem',
    });
  });

  it.each([
    ['a tracked folder', 'n', 'n/a/deep'],
    ['a folder above a tracked one', 'n', 'n'],
    ['a folder above one with a rule of its own', 'n/a/deep', 'n'],
  ])('to which a link leads that has taken the place of %s keeps no scan waiting', async (_, tracked, replaced) => {
    const desk = await fixture.machine();
    const share = await mkdtemp(join(tmpdir(), 'palmtree-share-'));
    await mkdir(join(share, 'a/deep'), { recursive: true });
    await desk.write('n/a/deep/x.md', 'one');
    await desk.sync.track([tracked]);
    await desk.push();
    await desk.sync.rescan(silent);
    await desk.rename(replaced, 'kept');
    await symlink(share, desk.path(replaced));
    disk = HungDisk.mount(share);
    await desk.sync.rescan(silent);
    expect(desk.sync.pathStates.get(replaced)).toBe('problem');
    expect(desk.sync.state.counts).toMatchObject({ outgoing: 0 });
    await desk.delete(replaced);
    await desk.rename('kept', replaced);
    await desk.write('n/a/deep/y.md', 'two');
    expect(await desk.push()).toMatchObject({ put: 1, deleted: 0 });
  });

  it("and has the backups does not make a scan sync Palmtree's own storage", async () => {
    const desk = await fixture.machine();
    await desk.write('n/a.md', 'one');
    await desk.sync.track(['n']);
    const bound = desk.path('n/storage');
    await mkdir(bound);
    execFileSync('mount', ['--bind', desk.storage, bound]);
    try {
      await mkdir(join(desk.storage, 'backups'), { recursive: true });
      disk = HungDisk.mount(join(desk.storage, 'backups'));
      await desk.sync.rescan(silent);
      expect(desk.sync.state.counts).toMatchObject({ outgoing: 1 });
    } finally {
      execFileSync('umount', ['--lazy', bound]);
    }
  });

  it('and has the backups does not keep the window from closing', async () => {
    const desk = await fixture.machine();
    await desk.write('n/a.md', 'one');
    await desk.sync.track(['n']);
    await desk.push();
    const backups = join(desk.storage, 'backups');
    await mkdir(backups, { recursive: true });
    disk = HungDisk.mount(backups);
    void desk.sync.rescan(silent).catch(() => undefined);
    await eventLoopGoesOn();
    await desk.close();
  });

  it.each<[string, (desk: Machine, reporter: Reporter) => Promise<unknown>]>([
    ['a rescan', (desk, reporter) => desk.sync.rescan(reporter)],
    ['a push', (desk, reporter) => desk.sync.push(reporter)],
  ])('does not keep %s from being cancelled', async (_, command) => {
    const desk = await fixture.machine();
    await desk.write('n/a.md', 'one');
    await desk.sync.track(['n']);
    disk = HungDisk.mount(desk.root);
    const stop = new AbortController();
    const cancelled = command(desk, { ...silent, signal: stop.signal }).catch((error: unknown) => error);
    await eventLoopGoesOn();
    stop.abort();
    expect(await cancelled).toMatchObject({ code: 'cancelled' });
    disk.unmount();
    disk = undefined;
    expect(await desk.push()).toMatchObject({ put: 1 });
  });
});
