import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { transfer } from '../../src/io/rsync/transfer';
import type { Machine, MachineOptions } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** Two machines that track the folders and have the same files in them. */
async function syncedMachines(
  folders: readonly string[],
  names: readonly string[],
  options: Partial<MachineOptions> = {},
): Promise<[Machine, Machine]> {
  const [desk, laptop] = await fixture.twoMachines(options);
  for (const name of names) await desk.write(name, `content of ${name}`);
  await desk.sync.track([...folders]);
  await desk.push();
  await laptop.pull();
  return [desk, laptop];
}

const files = ['a', 'b', 'n/c', 'n/d'];

describe('a workspace folder that is', () => {
  const ways: [string, (machine: Machine) => Promise<void>, code: string][] = [
    ['gone', ({ root }) => rm(root, { recursive: true }), 'root_gone'],
    [
      'a file now',
      async ({ root }) => {
        await rename(root, `${root}.away`);
        await writeFile(root, 'a file');
      },
      'root_gone',
    ],
    [
      'a symlink that leads nowhere now',
      async ({ root }) => {
        await rm(root, { recursive: true });
        await symlink('/nowhere', root);
      },
      'root_gone',
    ],
    [
      'empty, as that of a disk that is not mounted',
      async ({ root }) => {
        await rm(root, { recursive: true });
        await mkdir(root);
      },
      'deletion_guard',
    ],
  ];

  it.each(ways)('%s stops a push, and the server keeps all', async (_, lose, code) => {
    const [desk] = await syncedMachines([''], files);
    const before = await desk.client.files(fixture.tree, 0);
    await lose(desk);
    try {
      await expect(desk.push()).rejects.toMatchObject({ code });
      expect(await desk.client.files(fixture.tree, 0)).toEqual(before);
    } finally {
      await rm(`${desk.root}.away`, { recursive: true, force: true });
    }
  });

  it.each(ways)('%s stops a pull, and nothing is put there', async (_, lose, code) => {
    const [desk, laptop] = await syncedMachines([''], files);
    await laptop.write('a', 'edited');
    await laptop.write('n/new', 'new');
    await laptop.push();
    await lose(desk);
    try {
      const { revision } = desk.sync.state;
      await expect(desk.pull()).rejects.toMatchObject({ code });
      expect(desk.sync.state.revision).toBe(revision);
      expect(await readdir(desk.root).catch(() => [])).toEqual([]);
    } finally {
      await rm(`${desk.root}.away`, { recursive: true, force: true });
    }
  });

  it.each(ways.slice(0, 3))('%s stops both, whatever the user says', async (_, lose) => {
    const [desk, laptop] = await syncedMachines([''], files);
    await laptop.write('n/new', 'new');
    await laptop.push();
    await lose(desk);
    try {
      await expect(desk.push(true)).rejects.toMatchObject({ code: 'root_gone' });
      await expect(desk.pull(true)).rejects.toMatchObject({ code: 'root_gone' });
      expect(await fixture.pathsOnServer()).toEqual(['a', 'b', 'n/c', 'n/d', 'n/new']);
    } finally {
      await rm(`${desk.root}.away`, { recursive: true, force: true });
    }
  });

  it('empty is in step again when it is back', async () => {
    const [desk, laptop] = await syncedMachines([''], files);
    await rename(desk.root, `${desk.root}.away`);
    await mkdir(desk.root);
    await expect(desk.push()).rejects.toMatchObject({ code: 'deletion_guard' });
    await laptop.write('n/new', 'new');
    await laptop.push();
    await expect(desk.pull()).rejects.toMatchObject({ code: 'deletion_guard' });
    await rm(desk.root, { recursive: true });
    await rename(`${desk.root}.away`, desk.root);
    expect(await desk.pull()).toMatchObject({ written: 1, deleted: 0, conflicts: [] });
    expect(await desk.push()).toMatchObject({ put: 0, deleted: 0 });
  });

  it.each([
    ['gone', false],
    ['empty', true],
  ])('%s makes no folder look free for what the server has', async (_, isThere) => {
    const [desk, laptop] = await syncedMachines(['n'], ['n/c', 'n/d']);
    await laptop.write('p/diary', 'for nobody');
    await rename(laptop.root, `${laptop.root}.away`);
    if (isThere) await mkdir(laptop.root);
    await desk.write('p/shared', 'for both');
    await desk.sync.track(['p']);
    await desk.push();
    await expect(laptop.pull()).rejects.toMatchObject({ code: isThere ? 'deletion_guard' : 'root_gone' });
    await rm(laptop.root, { recursive: true, force: true });
    await rename(`${laptop.root}.away`, laptop.root);
    expect(await laptop.pull()).toMatchObject({ written: 1 });
    expect(await laptop.push()).toMatchObject({ put: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['n/c', 'n/d', 'p/shared']);
  });

  it('empty is asked about, though a single file was tracked in it', async () => {
    const [desk] = await syncedMachines(['a'], ['a']);
    await desk.delete('a');
    await expect(desk.push()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { deletes: 1, tracked: 1, missingFolders: [''] } },
    });
    await desk.write('untracked', 'something else is here');
    expect(await desk.push()).toMatchObject({ deleted: 1 });
  });

  it('empty goes on with an explicit yes', async () => {
    const [desk, laptop] = await syncedMachines([''], files);
    await rm(desk.root, { recursive: true });
    await mkdir(desk.root);
    expect(await desk.push(true)).toMatchObject({ deleted: 4 });
    await expect(laptop.pull()).rejects.toMatchObject({ code: 'deletion_guard' });
    expect((await readdir(laptop.root)).sort()).toEqual(['a', 'b', 'n']);
    expect(await laptop.pull(true)).toMatchObject({ deleted: 4 });
  });
});

describe('a tracked folder', () => {
  const many = [...files, ...Array.from({ length: 20 }, (_, i) => `m/${i}`)];

  it('that was emptied stops a push, though it is a small part of what is tracked', async () => {
    const [desk] = await syncedMachines(['n', 'm'], many);
    await desk.delete('n');
    await expect(desk.push()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { direction: 'push', deletes: 2, tracked: 22, missingFolders: ['n'] } },
    });
    expect(await fixture.pathsOnServer()).toHaveLength(22);
    expect(await desk.push(true)).toMatchObject({ deleted: 2 });
  });

  it('that was emptied stops a pull into it, and no other', async () => {
    const [desk, laptop] = await syncedMachines(['n', 'm'], many);
    await desk.delete('n');
    await laptop.write('m/new', 'new');
    await laptop.push();
    expect(await desk.pull()).toMatchObject({ written: 1 });
    await laptop.write('n/new', 'new');
    await laptop.push();
    await expect(desk.pull()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { missingFolders: ['n'] } },
    });
    await expect(readdir(desk.path('n'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that is a file now stops a push, and on the other machine a pull', async () => {
    const [desk, laptop] = await syncedMachines(['n', 'm'], many);
    await desk.delete('n');
    await desk.write('n', 'a file now');
    await expect(desk.push()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { missingFolders: ['n'] } },
    });
    expect(await fixture.pathsOnServer()).toHaveLength(22);
    await desk.push(true);
    await expect(laptop.pull()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { direction: 'pull', deletes: 2, missingFolders: [], deletedFolders: ['n'] } },
    });
    expect(await laptop.read('n/c')).toBe('content of n/c');
    await laptop.pull(true);
    expect(await laptop.read('n')).toBe('a file now');
  });

  it('that was emptied on the server stops a pull', async () => {
    const [desk, laptop] = await syncedMachines(['n', 'm'], many);
    await desk.delete('n');
    await desk.push(true);
    await expect(laptop.pull()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { deletedFolders: ['n'] } },
    });
    expect((await readdir(laptop.path('n'))).sort()).toEqual(['c', 'd']);
  });

  it('is not taken in from the tree by a pull that is stopped', async () => {
    const [desk, laptop] = await syncedMachines(['n'], ['n/c', 'n/d']);
    await desk.delete('n');
    await desk.write('m/new', 'new');
    await desk.sync.track(['m']);
    await desk.push(true);
    await expect(laptop.pull()).rejects.toMatchObject({ code: 'deletion_guard' });
    expect([...laptop.sync.rules.keys()].filter((path) => path.startsWith('m'))).toEqual([]);
    await laptop.pull(true);
    expect(laptop.sync.isTracked('m/other')).toBe(true);
  });

  it('that was renamed stops nothing', async () => {
    const [desk, laptop] = await syncedMachines([''], many);
    await desk.rename('m', 'renamed');
    expect(await desk.push()).toMatchObject({ put: 20, deleted: 20, uploadedBytes: 0 });
    expect(await laptop.pull()).toMatchObject({ written: 20, deleted: 20 });
  });
});

describe('a server that has nothing any more', () => {
  it('stops a pull, and nothing is deleted here', async () => {
    const [, laptop] = await syncedMachines([''], files);
    const answer = laptop.client.files.bind(laptop.client);
    // As a faulty server would answer: it says that all was deleted.
    laptop.client.files = async (...request) => {
      const table = await answer(...request);
      const deleted = ['a', 'b', 'n/c', 'n/d'].map((path) => ({ path, deleted: true as const, revision: 2 }));
      return { ...table, revision: table.revision + 1, files: deleted };
    };
    await expect(laptop.pull()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { direction: 'pull', deletes: 4, tracked: 4, deletedFolders: [''] } },
    });
    // Or that it has no file, and none was deleted.
    laptop.client.files = async (...request) => ({ ...(await answer(...request)), files: [], folders: [] });
    expect(await laptop.pull()).toMatchObject({ written: 0, deleted: 0 });
    expect((await laptop.listing()).size).toBe(4);
  });

  it('is no reason to delete anything, when it is a new one that knows no revision of ours', async () => {
    const [, laptop] = await syncedMachines([''], files);
    await laptop.client.makeTree(`${fixture.tree}-empty`);
    await laptop.bind(`${fixture.tree}-empty`);
    expect(await laptop.pull(true)).toMatchObject({ written: 0, deleted: 0 });
    expect((await laptop.listing()).size).toBe(4);
  });
});

describe('a disk that is unmounted while a pull runs', () => {
  it('is found out before anything is put where it was', async () => {
    const desk = await fixture.machine();
    const laptop: Machine = await fixture.machine({
      transfer: async (request) => {
        const result = await transfer(request);
        if (request.direction === 'pull' && isUnmounted) {
          await rename(laptop.root, `${laptop.root}.away`);
          await mkdir(laptop.root);
        }
        return result;
      },
    });
    let isUnmounted = false;
    for (const path of files) await desk.write(path, path);
    await desk.sync.track(['']);
    await desk.push();
    await laptop.pull();
    await desk.write('n/new', 'new');
    await desk.push();
    isUnmounted = true;
    await expect(laptop.pull()).rejects.toMatchObject({ code: 'root_gone' });
    expect(await readdir(laptop.root)).toEqual([]);
    isUnmounted = false;
    await rm(laptop.root, { recursive: true });
    await rename(`${laptop.root}.away`, laptop.root);
    expect(await laptop.pull()).toMatchObject({ written: 1 });
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
  });
});

describe('the share at which it stops', () => {
  const ten = Array.from({ length: 10 }, (_, i) => `n/${i}`);

  it('is half, and can be set', async () => {
    const [desk] = await syncedMachines(['n'], ten);
    for (const name of ten.slice(0, 5)) await desk.delete(name);
    expect(await desk.push()).toMatchObject({ deleted: 5 });
    const [careful] = await syncedMachines(['n'], ten, { deletionGuardFraction: 0.1 });
    await careful.delete('n/0');
    expect(await careful.push()).toMatchObject({ deleted: 1 });
  });

  it('counts what would be deleted and what would be emptied', async () => {
    const [desk] = await syncedMachines(['n'], ten, { deletionGuardFraction: 0.1 });
    await desk.delete('n/0');
    await desk.write('n/1', '');
    await expect(desk.push()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { deletes: 1, emptied: 1, tracked: 10, missingFolders: [], deletedFolders: [] } },
    });
  });

  it('is half where the setting holds no share', async () => {
    const [desk] = await syncedMachines(['n'], ten, { deletionGuardFraction: 7 });
    for (const name of ten.slice(0, 6)) await desk.delete(name);
    await expect(desk.push()).rejects.toMatchObject({ code: 'deletion_guard' });
  });
});
