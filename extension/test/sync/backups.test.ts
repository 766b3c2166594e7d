import { execFileSync } from 'node:child_process';
import { link, open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** Writes into the file that is there now, as databases and some editors do, instead of replacing it. */
async function writeInPlace(file: FileHandle, content: string): Promise<void> {
  await file.truncate();
  await file.write(content, 0);
}

async function openFile(machine: Machine, path: string): Promise<FileHandle> {
  return open(machine.path(path), 'r+');
}

/** Two machines that edited `n/a`; the desk has pushed. */
async function inConflict(): Promise<[Machine, Machine]> {
  const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'base' });
  await desk.write('n/a', 'desk');
  await desk.push();
  await laptop.write('n/a', 'laptop');
  await laptop.pull();
  return [desk, laptop];
}

describe('undoing a pull', () => {
  it('restores files whose other names were written since', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/edited': '1', 'n/deleted': '1' });
    await link(laptop.path('n/edited'), laptop.path('other name of edited'));
    await link(laptop.path('n/deleted'), laptop.path('other name of deleted'));
    await laptop.sync.rescan(silent);
    await desk.write('n/edited', '2');
    await desk.delete('n/deleted');
    await desk.push();
    await laptop.pull();
    for (const name of ['other name of edited', 'other name of deleted']) {
      const file = await openFile(laptop, name);
      await writeInPlace(file, 'since');
      await file.close();
    }
    const result = await laptop.sync.undoPull(silent);
    expect(result).toMatchObject({ restored: ['n/deleted', 'n/edited'], skipped: [] });
    expect([await laptop.read('n/edited'), await laptop.read('n/deleted')]).toEqual(['1', '1']);
  });

  it('restores what a decision replaced while a program had it open and went on writing', async () => {
    const [, laptop] = await inConflict();
    const file = await openFile(laptop, 'n/a');
    await laptop.sync.resolve(silent, { paths: ['n/a'], choice: 'theirs' });
    await writeInPlace(file, 'since');
    await file.close();
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ restored: ['n/a'], skipped: [] });
    expect(await laptop.read('n/a')).toBe('laptop');
  });

  it('restores what a merge replaced while a program had it open and went on writing', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1\n2\n3\n4\n5\n' });
    await desk.write('n/a', 'desk\n2\n3\n4\n5\n');
    await desk.push();
    await laptop.write('n/a', '1\n2\n3\n4\nlaptop\n');
    const file = await openFile(laptop, 'n/a');
    expect(await laptop.pull(false, { autoMerge: true })).toMatchObject({ merged: ['n/a'] });
    await writeInPlace(file, 'since');
    await file.close();
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ restored: ['n/a'], skipped: [] });
    expect(await laptop.read('n/a')).toBe('1\n2\n3\n4\nlaptop\n');
  });

  it('says that another program changed the backup, and changes nothing', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1' });
    const file = await openFile(laptop, 'n/a');
    await desk.write('n/a', '2');
    await desk.write('n/b', '2');
    await desk.push();
    const { backup } = await laptop.pull();
    await writeInPlace(file, 'since');
    await file.close();
    const result = await laptop.sync.undoPull(silent);
    expect(result).toMatchObject({ restored: ['n/b'], skipped: [{ path: 'n/a', reason: 'backupChanged' }] });
    expect(await laptop.read('n/a')).toBe('2');
    // The work of that program is in no other place.
    expect(await readFile(join(backup ?? '', 'n/a'), 'utf8')).toBe('since');
  });
});

/** `chattr +i` needs root and a file system with such a flag. */
function setImmutable(path: string, isImmutable: boolean): boolean {
  try {
    execFileSync('chattr', [isImmutable ? '+i' : '-i', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a backup', () => {
  it('of a file that the system refuses to replace is not left behind, however often it is tried', async ({ skip }) => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1' });
    const immutable = [laptop.path('n/a'), laptop.path('n/b')];
    if (!immutable.every((path) => setImmutable(path, true))) skip();
    try {
      await laptop.sync.rescan(silent);
      await desk.write('n/a', '2');
      await desk.delete('n/b');
      await desk.push();
      for (let attempt = 0; attempt < 2; attempt++) {
        const { skipped, backup } = await laptop.pull();
        expect(skipped).toMatchObject([
          { path: 'n/b', reason: 'failed' },
          { path: 'n/a', reason: 'failed' },
        ]);
        expect(backup).toBeUndefined();
      }
      expect(await laptop.sync.backups()).toEqual([]);
    } finally {
      for (const path of immutable) setImmutable(path, false);
    }
    await laptop.sync.rescan(silent);
    expect(await laptop.pull()).toMatchObject({ written: 1, deleted: 1, skipped: [] });
    const [backedUp] = await laptop.sync.backups();
    expect([...(backedUp?.files.keys() ?? [])]).toEqual(['n/a', 'n/b']);
  });

  it('of synced files takes no room but theirs', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    const { ino } = await stat(laptop.path('n/a'));
    await desk.write('n/a', '2');
    await desk.push();
    const { backup } = await laptop.pull();
    expect((await stat(join(backup ?? '', 'n/a'))).ino).toBe(ino);
  });
});
