import { cp, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { transfer } from '../../src/io/transferFiles';
import { expectSame, type Machine, type MachineOptions } from './machine';
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

describe('a workspace folder that another one replaced in an open window', () => {
  const replacements: [string, (desk: Machine) => Promise<void>][] = [
    ['an older copy of it', (desk) => desk.write('a', 'older')],
    ['a copy of it without some files', (desk) => desk.delete('b')],
    ['a copy of it with other files', (desk) => desk.write('new', 'new')],
  ];

  it.each(replacements)('and that is %s sends nothing before the user agrees', async (_, change) => {
    const [desk, laptop] = await syncedMachines([''], files);
    await cp(desk.root, `${desk.root}.copy`, { recursive: true });
    await rename(desk.root, `${desk.root}.away`);
    await rename(`${desk.root}.copy`, desk.root);
    await change(desk);
    const before = await laptop.listing();
    await expect(desk.push()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { isReplaced: true } },
    });
    await laptop.pull();
    expectSame(await laptop.listing(), before);
    await desk.push(true);
    await desk.write('n/c', 'later');
    expect(await desk.push()).toMatchObject({ put: 1, deleted: 0 });
  });

  it('and that is there again sends its changes', async () => {
    const [desk] = await syncedMachines([''], files);
    await rename(desk.root, `${desk.root}.away`);
    await mkdir(desk.root);
    await expect(desk.push()).rejects.toMatchObject({ code: 'deletion_guard' });
    await rm(desk.root, { recursive: true });
    await rename(`${desk.root}.away`, desk.root);
    await desk.write('a', 'edited');
    expect(await desk.push()).toMatchObject({ put: 1, deleted: 0 });
  });
});

describe('a workspace folder that is', () => {
  const losses: [string, (machine: Machine) => Promise<void>, code: string][] = [
    ['missing', ({ root }) => rm(root, { recursive: true }), 'root_gone'],
    [
      'a file',
      async ({ root }) => {
        await rename(root, `${root}.away`);
        await writeFile(root, 'a file');
      },
      'root_gone',
    ],
    [
      'a dangling symlink',
      async ({ root }) => {
        await rm(root, { recursive: true });
        await symlink('/nowhere', root);
      },
      'root_gone',
    ],
    [
      'empty, like the mount point of an unmounted disk',
      async ({ root }) => {
        await rm(root, { recursive: true });
        await mkdir(root);
      },
      'deletion_guard',
    ],
  ];

  it.each(losses)('%s stops a push, and the server keeps all files', async (_, lose, code) => {
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

  it.each(losses)('%s stops a pull, which writes nothing', async (_, lose, code) => {
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

  it.each(losses.slice(0, 3))('%s stops both, even with confirmation', async (_, lose) => {
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

  it('empty is in sync again when its files are back', async () => {
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
    ['missing', false],
    ['empty', true],
  ])('%s does not make its folders look free of other files', async (_, exists) => {
    const [desk, laptop] = await syncedMachines(['n'], ['n/c', 'n/d']);
    await laptop.write('p/diary', 'private');
    await rename(laptop.root, `${laptop.root}.away`);
    if (exists) await mkdir(laptop.root);
    await desk.write('p/shared', 'for both');
    await desk.sync.track(['p']);
    await desk.push();
    await expect(laptop.pull()).rejects.toMatchObject({ code: exists ? 'deletion_guard' : 'root_gone' });
    await rm(laptop.root, { recursive: true, force: true });
    await rename(`${laptop.root}.away`, laptop.root);
    expect(await laptop.pull()).toMatchObject({ written: 1 });
    expect(await laptop.push()).toMatchObject({ put: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['n/c', 'n/d', 'p/shared']);
  });

  it('empty needs confirmation, even if only one file was tracked in it', async () => {
    const [desk] = await syncedMachines(['a'], ['a']);
    await desk.delete('a');
    await expect(desk.push()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { deletes: 1, tracked: 1, missingFolders: [''] } },
    });
    await desk.write('untracked', 'something else is here');
    await expect(desk.push()).rejects.toMatchObject({
      details: { deletions: { missingFolders: [], vanishedPaths: ['a'] } },
    });
    expect(await desk.push(true)).toMatchObject({ deleted: 1 });
  });

  it('empty is synced after confirmation', async () => {
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

  it('that was emptied stops a push, even if it has few of the tracked files', async () => {
    const [desk] = await syncedMachines(['n', 'm'], many);
    await desk.delete('n');
    await expect(desk.push()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { direction: 'push', deletes: 2, tracked: 22, missingFolders: ['n'] } },
    });
    expect(await fixture.pathsOnServer()).toHaveLength(22);
    expect(await desk.push(true)).toMatchObject({ deleted: 2 });
  });

  it('that was emptied stops a pull into it, and no other pull', async () => {
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

  it('that was replaced by a file stops a push, and a pull on the other machine', async () => {
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

  it('of the tree is not tracked by a pull that is stopped', async () => {
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

  it('that was renamed stops neither a push nor a pull', async () => {
    const [desk, laptop] = await syncedMachines([''], many);
    await desk.rename('m', 'renamed');
    expect(await desk.push()).toMatchObject({ put: 20, deleted: 20, uploadedBytes: 0 });
    expect(await laptop.pull()).toMatchObject({ written: 20, deleted: 20 });
  });

  it('that was emptied and still exists stops a push, even if it had few files', async () => {
    const [desk] = await syncedMachines(['n'], ['n/a', 'n/b', 'n/c']);
    await desk.delete('n');
    await mkdir(desk.path('n'));
    await expect(desk.push()).rejects.toMatchObject({ code: 'deletion_guard' });
    expect(await fixture.pathsOnServer()).toHaveLength(3);
  });
});

describe('a folder with ten files in a tracked folder', () => {
  const ten = Array.from({ length: 10 }, (_, i) => `all/data/${i}`);
  const many = [...ten, ...Array.from({ length: 40 }, (_, i) => `all/other/${i}`)];
  const lostFolders = ['all/data'];

  it('that loses all of them stops a push, and then a pull, even if these are few of the tracked files', async () => {
    const [desk, laptop] = await syncedMachines(['all'], many);
    await desk.delete('all/data');
    await expect(desk.push()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { lostFolders } },
    });
    expect(await fixture.pathsOnServer()).toHaveLength(50);
    expect(await desk.push(true)).toMatchObject({ deleted: 10 });
    await expect(laptop.pull()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { lostFolders } },
    });
    expect(await readdir(laptop.path('all/data'))).toHaveLength(10);
    expect(await laptop.pull(true)).toMatchObject({ deleted: 10 });
  });

  it('that is emptied file by file stops a push', async () => {
    const [desk] = await syncedMachines(['all'], many);
    for (const path of ten) await desk.write(path, '');
    await expect(desk.push()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { emptied: 10, lostFolders } },
    });
  });

  it('that is renamed, or keeps one file, stops nothing', async () => {
    const [desk, laptop] = await syncedMachines(['all'], many);
    await desk.rename('all/data', 'all/renamed');
    expect(await desk.push()).toMatchObject({ put: 10, deleted: 10 });
    expect(await laptop.pull()).toMatchObject({ written: 10, deleted: 10 });
    for (const path of ten.slice(1)) await laptop.delete(path.replace('data', 'renamed'));
    expect(await laptop.push()).toMatchObject({ deleted: 9 });
  });
});

describe('a server without files', () => {
  it('stops a pull, and nothing is deleted here', async () => {
    const [, laptop] = await syncedMachines([''], files);
    const fetchFiles = laptop.client.files.bind(laptop.client);
    // The response of a faulty server, which reports all files as deleted.
    laptop.client.files = async (...request) => {
      const table = await fetchFiles(...request);
      const deleted = ['a', 'b', 'n/c', 'n/d'].map((path) => ({ path, deleted: true as const, revision: 2 }));
      return { ...table, revision: table.revision + 1, files: deleted };
    };
    await expect(laptop.pull()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { direction: 'pull', deletes: 4, tracked: 4, deletedFolders: [''] } },
    });
    // The response of a server that has no files, but reports none as deleted.
    laptop.client.files = async (...request) => ({ ...(await fetchFiles(...request)), files: [], folders: [] });
    expect(await laptop.pull()).toMatchObject({ written: 0, deleted: 0 });
    expect((await laptop.listing()).size).toBe(4);
  });

  it('deletes nothing if it is a new one that does not know the synced revision', async () => {
    const [, laptop] = await syncedMachines([''], files);
    await laptop.client.makeTree(`${fixture.tree}-empty`);
    await laptop.bind(`${fixture.tree}-empty`);
    expect(await laptop.pull(true)).toMatchObject({ written: 0, deleted: 0 });
    expect((await laptop.listing()).size).toBe(4);
  });
});

describe('a disk that is unmounted during a pull', () => {
  it('is detected before anything is written to the mount point', async () => {
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

describe('the fraction at which the guard stops', () => {
  const ten = Array.from({ length: 10 }, (_, i) => `n/${i}`);

  it('is one half by default, and can be set', async () => {
    const [desk] = await syncedMachines(['n'], ten);
    for (const name of ten.slice(0, 5)) await desk.delete(name);
    expect(await desk.push()).toMatchObject({ deleted: 5 });
    const [careful] = await syncedMachines(['n'], ten, { deletionGuardFraction: 0.1 });
    await careful.delete('n/0');
    expect(await careful.push()).toMatchObject({ deleted: 1 });
  });

  it('counts deleted and emptied files', async () => {
    const [desk] = await syncedMachines(['n'], ten, { deletionGuardFraction: 0.1 });
    await desk.delete('n/0');
    await desk.write('n/1', '');
    await expect(desk.push()).rejects.toMatchObject({
      code: 'deletion_guard',
      details: { deletions: { deletes: 1, emptied: 1, tracked: 10, missingFolders: [], deletedFolders: [] } },
    });
  });

  it('is one half if the setting is not a fraction', async () => {
    const [desk] = await syncedMachines(['n'], ten, { deletionGuardFraction: 7 });
    for (const name of ten.slice(0, 6)) await desk.delete(name);
    await expect(desk.push()).rejects.toMatchObject({ code: 'deletion_guard' });
  });
});
