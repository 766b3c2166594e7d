import { execFileSync } from 'node:child_process';
import { link, mkdir, open, readdir, readFile, readlink, stat, symlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { diskUsage } from '../../src/io/apply/diskUsage';
import { storagePaths } from '../../src/io/openFolderStorage';
import { mergesFile, recordedMerge } from '../../src/sync/conflicts/recordedMerges';
import { defaultBackupLimits, type BackupLimits } from '../../src/sync/history/backupLimits';
import { isRecord } from '../../src/sync/pull/pullRecord';
import { storedBackups } from '../../src/sync/transfer/backups';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** Writes into the existing file, as databases and some editors do, instead of replacing it. */
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
    // The backup has the only copy of that program's work.
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
  it('of a file that the system refuses to replace is not left behind, even after several pulls', async ({ skip }) => {
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
      expect(await laptop.sync.backups.list()).toEqual([]);
    } finally {
      for (const path of immutable) setImmutable(path, false);
    }
    await laptop.sync.rescan(silent);
    expect(await laptop.pull()).toMatchObject({ written: 1, deleted: 1, skipped: [] });
    const [backedUp] = await laptop.sync.backups.list();
    expect([...(backedUp?.files.keys() ?? [])]).toEqual(['n/a', 'n/b']);
  });

  it('of several names of one file lets one pull replace and delete them all', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1', 'n/c': '1' });
    for (const name of ['n/b', 'n/c']) {
      await laptop.delete(name);
      await link(laptop.path('n/a'), laptop.path(name));
    }
    await laptop.sync.rescan(silent);
    await desk.write('n/a', '2');
    await desk.delete('n/b');
    await desk.write('n/c', '3');
    await desk.push();
    expect(await laptop.pull()).toMatchObject({ written: 2, deleted: 1, skipped: [] });
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ restored: ['n/a', 'n/b', 'n/c'] });
    for (const name of ['n/a', 'n/b', 'n/c']) expect(await laptop.read(name)).toBe('1');
  });

  it('of synced files takes no disk space beyond theirs', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    const { ino } = await stat(laptop.path('n/a'));
    await desk.write('n/a', '2');
    await desk.push();
    const { backup } = await laptop.pull();
    expect((await stat(join(backup ?? '', 'n/a'))).ino).toBe(ino);
  });
});

describe('backups beyond the limits', () => {
  afterEach(() => void vi.useRealTimers());

  const megabyte = 1_000_000;

  async function machines(limits: Partial<BackupLimits>, files: Readonly<Record<string, string | Buffer>>) {
    const backupLimits = () => ({ ...defaultBackupLimits, ...limits });
    const [desk, laptop] = await fixture.twoMachines({ backupLimits });
    for (const [path, content] of Object.entries(files)) await desk.write(path, content);
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    return [desk, laptop] as const;
  }

  async function pullEdits(desk: Machine, laptop: Machine, count: number, content = (edit: number) => `edit ${edit}`) {
    for (let edit = 1; edit <= count; edit++) {
      await desk.write('n/a', content(edit));
      await desk.push();
      await laptop.pull();
    }
    await laptop.sync.backups.idle();
  }

  async function purposes(machine: Machine): Promise<string[]> {
    return (await machine.sync.backups.list()).map(({ purpose }) => purpose);
  }

  it('are deleted after a pull, and those of the last five pulls are kept', async () => {
    const large = (edit: number): string => String(edit).repeat(megabyte);
    const [desk, laptop] = await machines({ maxBytes: 2 * megabyte }, { 'n/a': large(0) });
    await pullEdits(desk, laptop, 8, large);
    expect(await purposes(laptop)).toEqual(['r9', 'r8', 'r7', 'r6', 'r5']);
    expect(await diskUsage(join(laptop.storage, 'backups'))).toBeLessThan(5.1 * megabyte);
    for (let revision = 9; revision >= 5; revision--) {
      expect(await laptop.sync.undoPull(silent)).toMatchObject({ revision, restored: ['n/a'], skipped: [] });
    }
    await expect(laptop.sync.undoPull(silent)).rejects.toMatchObject({ code: 'nothing_to_undo' });
    expect(await laptop.read('n/a')).toBe(large(3));
  });

  it('are deleted when they are too old, at the first command of a new window', async () => {
    const [desk, opened] = await machines({}, { 'n/a': 'first' });
    await pullEdits(desk, opened, 7);
    expect(await purposes(opened)).toHaveLength(7);
    await opened.close();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31 * 86_400_000 });
    const laptop = await fixture.machine({ root: opened.root, storage: opened.storage });
    await laptop.sync.rescan(silent);
    await laptop.sync.backups.idle();
    expect(await purposes(laptop)).toEqual(['r8', 'r7', 'r6', 'r5', 'r4']);
  });

  it('include the records of pulls that only added files', async () => {
    const [desk, laptop] = await machines({ maxBytes: 1 }, { 'n/a': 'first' });
    for (let pulled = 1; pulled <= 7; pulled++) {
      await desk.write(`n/added ${pulled}`, 'new');
      await desk.push();
      await laptop.pull();
    }
    await laptop.sync.backups.idle();
    expect((await readdir(join(laptop.storage, 'backups'))).filter(isRecord)).toHaveLength(5);
  });

  it('are kept while an active merge needs them', async () => {
    const [desk, laptop] = await fixture.twoMachines({ backupLimits: () => ({ maxAgeDays: 1, maxBytes: 1 }) });
    await desk.write('n/merged', 'base');
    await desk.write('n/a', 'base');
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    await laptop.write('n/merged', 'laptop');
    await desk.write('n/merged', 'desk');
    await desk.push();
    await laptop.pull();
    const { mineCopy, revision, ancestor } = await laptop.sync.merges.start(silent, 'n/merged');
    const merges = mergesFile(storagePaths(laptop.storage), recordedMerge);
    const path = 'n/merged';
    await merges.update(() => [{ server: 'x', tree: 'x', path, revision, theirs: 'x', ancestor, mineCopy }]);
    await pullEdits(desk, laptop, 7);
    expect(await readFile(mineCopy, 'utf8')).toBe('laptop');
    expect((await laptop.sync.backups.list()).filter(({ isInUse }) => isInUse)).toMatchObject([{ purpose: 'merge' }]);
    await merges.update(() => []);
    await laptop.sync.rescan(silent);
    await laptop.sync.backups.idle();
    expect(await purposes(laptop)).not.toContain('merge');
  });

  it('are removed completely even if the deletion was killed', async () => {
    const [desk, laptop] = await machines({ maxBytes: 1 }, { 'n/a': 'first' });
    const backups = join(laptop.storage, 'backups');
    await mkdir(join(backups, '.trash-of a killed window/000001-r1/n'), { recursive: true });
    await pullEdits(desk, laptop, 1);
    expect((await readdir(backups)).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

describe('deleted backups', () => {
  it('free their disk space, and the pulls that made them cannot be undone', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1' });
    for (const path of ['n/a', 'n/b', 'n/c']) {
      await desk.write(path, '2');
      await desk.push();
      await laptop.pull();
    }
    const [last, first] = await laptop.sync.backups.list();
    expect([first, last]).toMatchObject([{ purpose: 'r2' }, { purpose: 'r3' }]);
    expect(last?.bytes).toBeGreaterThan(0);
    await laptop.sync.backups.delete(new Set([last?.name ?? '']));
    expect((await laptop.sync.backups.list()).map(({ purpose }) => purpose)).toEqual(['r2']);
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ revision: 4, removed: ['n/c'] });
    // The last pull was that of revision 3. An undo does not fall back to that of revision 2.
    await expect(laptop.sync.lastPull()).rejects.toMatchObject({ code: 'backup_deleted' });
    await expect(laptop.sync.undoPull(silent)).rejects.toMatchObject({ code: 'backup_deleted' });
    expect([await laptop.read('n/a'), await laptop.read('n/b')]).toEqual(['2', '2']);
  });

  it('leave nothing behind if all are deleted, and the next pull can be undone', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('n/a', '2');
    await desk.push();
    await laptop.pull();
    const backups = join(laptop.storage, 'backups');
    const all = (await storedBackups({ backups })).map(({ name }) => name);
    await laptop.sync.backups.delete(new Set(all));
    expect(await readdir(backups)).toEqual([]);
    expect(await laptop.sync.lastPull()).toBeUndefined();
    await desk.write('n/a', '3');
    await desk.push();
    await laptop.pull();
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ revision: 3, restored: ['n/a'] });
  });
});

describe('files restored from a backup', () => {
  /** The laptop pulled an edit of `n/edited` and the deletion of `n/deleted`, which its newest backup contains. */
  async function withBackup(): Promise<{ desk: Machine; laptop: Machine; name: string }> {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/edited': 'old', 'n/deleted': 'old' });
    await desk.write('n/edited', 'new');
    await desk.delete('n/deleted');
    await desk.push();
    await laptop.pull();
    const [backup] = await laptop.sync.backups.list();
    return { desk, laptop, name: backup?.name ?? '' };
  }

  const both = ['n/deleted', 'n/edited'];

  it('are local changes that a push sends, and the backup stays', async () => {
    const { desk, laptop, name } = await withBackup();
    expect(await laptop.sync.backups.planRestore(silent, { name, paths: both })).toEqual({
      replaced: ['n/edited'],
      created: ['n/deleted'],
    });
    const result = await laptop.sync.backups.restore(silent, { name, paths: both });
    expect(result).toMatchObject({ written: both, skipped: [] });
    expect(await readFile(join(result.backup, 'n/edited'), 'utf8')).toBe('new');
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 2, incoming: 0, conflicts: 0 });
    const file = await openFile(laptop, 'n/edited');
    await writeInPlace(file, 'edited again');
    await file.close();
    await laptop.sync.rescan(silent);
    await laptop.push();
    await desk.pull();
    expect([await desk.read('n/deleted'), await desk.read('n/edited')]).toEqual(['old', 'edited again']);
    const backups = await laptop.sync.backups.list();
    const copies = backups.find((backup) => backup.name === name)?.files;
    expect(await readFile(copies?.get('n/edited') ?? '', 'utf8')).toBe('old');
  });

  it('are as before when the restore is undone, whatever was pulled since, and the pull is still the last one', async () => {
    const { desk, laptop, name } = await withBackup();
    const { backup } = await laptop.sync.backups.restore(silent, { name, paths: both });
    await desk.write('n/other', 'new');
    await desk.push();
    await laptop.pull();
    const undone = await laptop.sync.undoPull(silent, { only: backup });
    expect(undone).toMatchObject({ restored: ['n/edited'], removed: ['n/deleted'], skipped: [], changedSince: [] });
    expect(await laptop.read('n/edited')).toBe('new');
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, conflicts: 0 });
    expect(await laptop.sync.lastPull()).toMatchObject({ revision: 3 });
    await expect(laptop.sync.undoPull(silent, { only: backup })).rejects.toMatchObject({ code: 'nothing_to_undo' });
  });

  it('do not replace unsaved edits', async () => {
    const { laptop, name } = await withBackup();
    const hasUnsavedEdits = (path: string): boolean => path === 'n/edited';
    const result = await laptop.sync.backups.restore(silent, { name, paths: both }, { hasUnsavedEdits });
    expect(result).toMatchObject({ written: ['n/deleted'], skipped: [{ path: 'n/edited', reason: 'unsaved' }] });
    expect(await laptop.read('n/edited')).toBe('new');
  });

  it('do not include files that are already the same', async () => {
    const { laptop, name } = await withBackup();
    await laptop.write('n/edited', 'old');
    const paths = ['n/edited'];
    expect(await laptop.sync.backups.planRestore(silent, { name, paths })).toEqual({ replaced: [], created: [] });
    const result = await laptop.sync.backups.restore(silent, { name, paths });
    expect(result).toMatchObject({ written: [], skipped: [] });
    expect(await laptop.sync.backups.list()).toHaveLength(1);
  });

  it('remain untracked if they were, and are restored without a server', async () => {
    const { laptop, name } = await withBackup();
    await laptop.sync.untrack(['n/edited']);
    await laptop.sync.bind(undefined, undefined);
    const result = await laptop.sync.backups.restore(silent, { name, paths: ['n/edited'] });
    expect(result).toMatchObject({ written: ['n/edited'] });
    expect(await laptop.read('n/edited')).toBe('old');
    expect(await readFile(join(result.backup, 'n/edited'), 'utf8')).toBe('new');
    expect(laptop.sync.isTracked('n/edited')).toBe(false);
    expect(laptop.sync.isOnDisk('n/edited')).toBe(false);
  });

  it('bring back mine after a decision for theirs, and an undo brings back theirs', async () => {
    const [, laptop] = await inConflict();
    await laptop.sync.resolve(silent, { paths: ['n/a'], choice: 'theirs' });
    const [backup] = await laptop.sync.backups.list();
    const restored = await laptop.sync.backups.restore(silent, { name: backup?.name ?? '', paths: ['n/a'] });
    expect(await laptop.read('n/a')).toBe('laptop');
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 1, conflicts: 0 });
    await laptop.sync.undoPull(silent, { only: restored.backup });
    expect(await laptop.read('n/a')).toBe('desk');
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, conflicts: 0 });
  });

  it('have their modes, and symlinks their targets', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/run': '#!' });
    await desk.write('n/run', '#!', 0o755);
    await symlink('run', desk.path('n/link'));
    await desk.push();
    await laptop.pull();
    await desk.delete('n/run');
    await desk.delete('n/link');
    await desk.push(true);
    await laptop.pull(true);
    const [backup] = await laptop.sync.backups.list();
    await laptop.sync.backups.restore(silent, { name: backup?.name ?? '', paths: ['n/link', 'n/run'] });
    expect((await stat(laptop.path('n/run'))).mode & 0o777).toBe(0o755);
    expect(await readlink(laptop.path('n/link'))).toBe('run');
  });

  it('are refused if the backup is gone', async () => {
    const { laptop, name } = await withBackup();
    await laptop.sync.backups.delete(new Set([name]));
    const restored = laptop.sync.backups.restore(silent, { name, paths: ['n/edited'] });
    await expect(restored).rejects.toMatchObject({ code: 'backup_gone', details: { paths: ['n/edited'] } });
    expect(laptop.sync.state.kind).toBe('idle');
  });
});
