import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectSame, silent } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

describe('two machines and a server', () => {
  it('sync a tracked folder byte for byte, with mtimes and modes', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('notes/plan.md', '# Plan\n');
    await desk.write('notes/empty', '');
    await desk.write('notes/bin/run.sh', '#!/bin/sh\n', 0o755);
    await desk.write('notes/secret.env', 'KEY=1', 0o600);
    await symlink('../plan.md', desk.path('notes/bin/link'));
    await utimes(desk.path('notes/plan.md'), 1_600_000_000.25, 1_600_000_000.25);
    await desk.write('other.txt', 'not tracked');
    await desk.sync.track(['notes']);
    expect(desk.sync.state.counts).toMatchObject({ outgoing: 5, tracked: 5 });
    expect(await desk.push()).toMatchObject({ revision: 1, put: 5, deleted: 0 });
    expect(await laptop.pull()).toMatchObject({ revision: 1, written: 5, deleted: 0, conflicts: [] });
    expectSame(await laptop.listing('notes'), await desk.listing('notes'));
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, tracked: 5 });
  });

  it('sync files that are created later in a tracked folder, on either machine', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('notes/a.md', 'a');
    await desk.sync.track(['notes']);
    await desk.push();
    await laptop.pull();
    await laptop.write('notes/b.md', 'b');
    expect(await laptop.push()).toMatchObject({ put: 1 });
    expect(await desk.pull()).toMatchObject({ written: 1 });
    expect(await desk.read('notes/b.md')).toBe('b');
  });

  it('sync edits, deletions and renames; a rename uploads no content', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    const big = Buffer.alloc(200_000, 'palm');
    await desk.write('d/edit.txt', 'one');
    await desk.write('d/gone/away.txt', 'x');
    await desk.write('d/big.bin', big);
    await desk.sync.track(['d']);
    await desk.push();
    await laptop.pull();
    await laptop.write('d/edit.txt', 'two');
    await laptop.delete('d/gone');
    await laptop.rename('d/big.bin', 'd/renamed.bin');
    await laptop.sync.rescan(silent);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 3, incoming: 0 });
    const pushed = await laptop.push();
    expect(pushed).toMatchObject({ put: 2, deleted: 2, renamed: 1 });
    await desk.sync.rescan(silent);
    expect(desk.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 3 });
    expect(pushed.uploadedBytes).toBeLessThan(10_000);
    const pulled = await desk.pull();
    expect(pulled).toMatchObject({ written: 2, deleted: 2, renamed: 1 });
    expect(pulled.downloadedBytes).toBeLessThan(10_000);
    expectSame(await desk.listing(), await laptop.listing());
    expect(await readdir(desk.path('d'))).toEqual(['edit.txt', 'renamed.bin']);
  });

  it('reject a push of a file that the other has pushed, and a pull keeps both versions', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('n/a.md', 'base');
    await desk.write('n/b.md', 'base');
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    await desk.write('n/a.md', 'desk');
    await desk.write('n/b.md', 'desk too');
    await desk.push();
    await laptop.write('n/a.md', 'laptop');
    await expect(laptop.push()).rejects.toMatchObject({ code: 'stale_base', details: { head: 2 } });
    expect(laptop.sync.state.counts).toMatchObject({ conflicts: 0, incoming: 2, outgoing: 1 });
    expect(await laptop.pull()).toMatchObject({ written: 1, conflicts: ['n/a.md'] });
    expect(await laptop.read('n/a.md')).toBe('laptop');
    expect(await laptop.read('n/b.md')).toBe('desk too');
    expect(laptop.sync.state.kind).toBe('conflicted');
    expect(laptop.sync.pathStates.get('n/a.md')).toBe('conflict');
    // Neither another push nor another pull resolves it.
    expect(await laptop.push()).toMatchObject({ put: 0 });
    expect(await laptop.pull()).toMatchObject({ written: 0, conflicts: ['n/a.md'] });
    expect(await desk.pull()).toMatchObject({ written: 0 });
    expect(await desk.read('n/a.md')).toBe('desk');
  });

  it('keep the files that a pull replaces or deletes in a backup', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('n/a.md', 'first');
    await desk.write('n/b.md', 'second');
    await desk.write('n/c.md', 'third');
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    await desk.write('n/a.md', 'changed');
    await desk.delete('n/b.md');
    await desk.push();
    await laptop.pull();
    const backup = (await readdir(join(laptop.storage, 'backups'))).find((name) => !name.endsWith('.json'));
    const folder = join(laptop.storage, 'backups', backup ?? '');
    expect(await readFile(join(folder, 'n/a.md'), 'utf8')).toBe('first');
    expect(await readFile(join(folder, 'n/b.md'), 'utf8')).toBe('second');
  });

  it('transfer content only once in each direction, even if several files have it', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    const noise = randomBytes(300_000);
    for (const name of ['a', 'b', 'sub/c']) await desk.write(`d/${name}`, noise);
    await desk.sync.track(['d']);
    expect((await desk.push()).uploadedBytes).toBeLessThan(400_000);
    expect((await laptop.pull()).downloadedBytes).toBeLessThan(400_000);
    expectSame(await laptop.listing(), await desk.listing());
  });

  it('transfer nothing the second time', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('n/a.md', 'a');
    await desk.sync.track(['n']);
    await desk.push();
    expect(await desk.push()).toMatchObject({ revision: 1, put: 0, deleted: 0, uploadedBytes: 0 });
    await laptop.pull();
    expect(await laptop.pull()).toMatchObject({ revision: 1, written: 0, deleted: 0, downloadedBytes: 0 });
    expect(await laptop.push()).toMatchObject({ revision: 1, put: 0 });
  });

  it('replace the head by a force push after confirmation', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('n/a.md', 'base');
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    await desk.write('n/a.md', 'desk');
    await desk.write('n/new.md', 'new');
    await desk.push();
    await laptop.write('n/a.md', 'laptop');
    const confirmed: unknown[] = [];
    const result = await laptop.sync.forcePush(silentReporter(), (plan) => {
      confirmed.push(plan);
      return Promise.resolve(true);
    });
    expect(confirmed).toEqual([{ head: 2, replaced: ['n/a.md'], deleted: ['n/new.md'], added: [], marked: [] }]);
    expect(result).toMatchObject({ revision: 3, put: 1, deleted: 1 });
    expect(await desk.pull()).toMatchObject({ written: 1, deleted: 1, conflicts: [] });
    expect(await desk.read('n/a.md')).toBe('laptop');
  });

  it('leave both sides as they were if a force push is not confirmed', async () => {
    const [desk] = await fixture.twoMachines();
    await desk.write('n/a.md', 'base');
    await desk.sync.track(['n']);
    const refused = desk.sync.forcePush(silentReporter(), () => Promise.resolve(false));
    await expect(refused).rejects.toMatchObject({ code: 'cancelled' });
    expect((await desk.client.files(fixture.tree, 0)).revision).toBe(0);
  });

  it('keep untracked files on both sides, and pulls do not change them', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('n/a.md', 'a');
    await desk.write('n/b.md', 'b');
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    await laptop.sync.untrack(['n/a.md']);
    await laptop.delete('n/a.md');
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
    await desk.write('n/a.md', 'a2');
    await desk.push();
    expect(await laptop.pull()).toMatchObject({ written: 0, conflicts: [] });
    await laptop.sync.track(['n']);
    expect(await readdir(laptop.path('n'))).toEqual(['b.md']);
  });

  it('delete no file that became a symlink out of the folder', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('n/a.md', 'a');
    await desk.write('n/b.md', 'b');
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    await desk.delete('n/a.md');
    await symlink('/etc/hostname', desk.path('n/a.md'));
    expect(await desk.push()).toMatchObject({ put: 0, deleted: 0 });
    expect(desk.sync.pathStates.get('n/a.md')).toBe('problem');
    expect(desk.sync.problemAt('n/a.md')).toMatchObject({ reason: 'link-outside' });
    expect(await laptop.pull()).toMatchObject({ deleted: 0 });
  });

  it('require confirmation for a push that deletes most files', async () => {
    const [desk] = await fixture.twoMachines();
    for (let n = 0; n < 20; n++) await desk.write(`n/${n}.md`, `${n}`);
    await desk.sync.track(['n']);
    await desk.push();
    await desk.delete('n');
    await mkdir(desk.path('n'));
    await expect(desk.push()).rejects.toMatchObject({ code: 'deletion_guard' });
    expect(await desk.push(true)).toMatchObject({ deleted: 20 });
  });

  it('do not transfer files that both had before the first sync', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    for (const side of [desk, laptop]) await side.write('n/same.md', 'same');
    await desk.write('n/mine.md', 'desk');
    await laptop.write('n/mine.md', 'laptop');
    await desk.sync.track(['n']);
    await laptop.sync.track(['n']);
    await desk.push();
    const pulled = await laptop.pull();
    expect(pulled).toMatchObject({ written: 0, downloadedBytes: 0, conflicts: ['n/mine.md'] });
    expect(await laptop.read('n/mine.md')).toBe('laptop');
  });
});

function silentReporter() {
  return { signal: new AbortController().signal, step: () => undefined, progress: () => undefined };
}
