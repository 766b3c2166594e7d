import type * as files from 'node:fs';
import type * as promises from 'node:fs/promises';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { transfer } from '../../src/io/transferFiles';
import { DirectScanner } from '../support/directScanner';
import { canMount, mountKind, newDisk, type Disk } from '../support/disks/disks';
import { silent, type Machine, type MachineOptions } from './machine';
import { serverFixture } from './serverFixture';

vi.mock('node:fs', async (original) => {
  const { canMount: isReal, pretendingDevices } = await import('../support/disks/disks');
  const real = await original<typeof files>();
  return isReal ? real : pretendingDevices(real);
});

vi.mock('node:fs/promises', async (original) => {
  const { canMount: isReal, pretendingDevicesLater } = await import('../support/disks/disks');
  const real = await original<typeof promises>();
  return isReal ? real : pretendingDevicesLater(real);
});

const fixture = serverFixture();
const onDisk: Partial<MachineOptions> = canMount ? {} : { scanner: (root, known) => new DirectScanner(root, known) };
const disks: Disk[] = [];

afterEach(() => {
  for (const disk of disks.splice(0).reverse()) disk.remove();
});

function disk(): Disk {
  const created = newDisk();
  disks.push(created);
  return created;
}

const names = Array.from({ length: 40 }, (_, i) => `${i}`);
const others = Array.from({ length: 60 }, (_, i) => `all/other/${i}`);

interface Desk {
  readonly desk: Machine;
  readonly laptop: Machine;
  readonly data: Disk;
}

/** Two machines that have the same files; on the first, 40 of 100 are on a disk that is mounted at `all/data`. */
async function synced(tracked: readonly string[] = ['all'], files: readonly string[] = names): Promise<Desk> {
  const [desk, laptop] = await fixture.twoMachines(onDisk);
  const data = disk();
  await mkdir(desk.path('all/data'), { recursive: true });
  data.mount(desk.path('all/data'));
  for (const name of files) await desk.write(`all/data/sub/${name}`, `data ${name}`);
  for (const path of others) await desk.write(path, path);
  await desk.sync.track([...tracked]);
  await desk.push();
  await laptop.pull();
  return { desk, laptop, data };
}

function problems({ sync }: Machine): [string, string | undefined][] {
  const paths = [...sync.pathStates].flatMap(([path, state]) => (state === 'problem' ? [path] : []));
  return paths.map((path) => [path, sync.problemAt(path)?.reason]);
}

const missing = [['all/data', 'disk-missing']];
const replaced = [['all/data', 'disk-replaced']];
const nothing = { put: 0, deleted: 0 };

describe(`a disk in a tracked folder (${mountKind})`, () => {
  it('that is not mounted any more leaves its folder alone, and syncs the others', async () => {
    const { desk, laptop, data } = await synced();
    data.unmount();
    await desk.write('all/other/0', 'edited');
    expect(await desk.push()).toMatchObject({ put: 1, deleted: 0 });
    expect(problems(desk)).toEqual(missing);
    expect(await fixture.pathsOnServer()).toHaveLength(100);

    await laptop.pull();
    await laptop.write('all/data/sub/0', 'edited on the laptop');
    await laptop.write('all/data/new', 'new');
    await laptop.write('all/other/1', 'edited on the laptop');
    await laptop.push();
    expect(await desk.pull()).toMatchObject({ written: 1, deleted: 0 });
    expect(await readdir(desk.path('all/data'))).toEqual([]);

    data.mount(desk.path('all/data'));
    await desk.sync.rescan(silent);
    expect(problems(desk)).toEqual([]);
    expect(await desk.pull()).toMatchObject({ written: 2, deleted: 0, conflicts: [] });
    expect(await desk.read('all/data/new')).toBe('new');
    expect(await desk.push()).toMatchObject(nothing);
  });

  it('with one file, and tracked by itself, is left alone too', async () => {
    const { desk, data } = await synced(['all/data'], ['only']);
    data.unmount();
    expect(await desk.push()).toMatchObject(nothing);
    expect(problems(desk)).toEqual(missing);
    expect(await fixture.pathsOnServer()).toEqual(['all/data/sub/only']);
  });

  it('is left alone if its mount point was removed with it', async () => {
    const { desk, data } = await synced(['all'], ['a', 'b']);
    data.unmount();
    await rm(desk.path('all/data'), { recursive: true });
    expect(await desk.push(true)).toMatchObject(nothing);
    expect(problems(desk)).toEqual(missing);
    await mkdir(desk.path('all/data'));
    data.mount(desk.path('all/data'));
    expect(await desk.push()).toMatchObject(nothing);
    expect(problems(desk)).toEqual([]);
  });

  it('is left alone if its mount point has files of its own', async () => {
    const { desk, data } = await synced();
    data.unmount();
    await desk.write('all/data/sub/0', 'data 0');
    await desk.write('all/data/sub/1', 'written before the disk was mounted');
    await desk.write('all/data/log', 'a stray file');
    expect(await desk.push(true)).toMatchObject(nothing);
    expect(problems(desk)).toEqual(missing);
    await rm(desk.path('all/data/sub'), { recursive: true });
  });

  it('is left alone from a file event on, and after a restart', async () => {
    const { desk, data } = await synced();
    data.unmount();
    desk.sync.onFileEvents(['all/data/sub/0']);
    await vi.waitFor(() => expect(problems(desk)).toEqual(missing), { timeout: 10_000 });
    await desk.close();
    const again = await fixture.machine({ ...onDisk, root: desk.root, storage: desk.storage });
    expect(await again.push(true)).toMatchObject(nothing);
    expect(problems(again)).toEqual(missing);
    expect(await fixture.pathsOnServer()).toHaveLength(100);
  });

  it('that has another device number after a reboot is the same disk', async () => {
    const { desk, laptop, data } = await synced();
    data.unmount();
    data.renumber();
    data.mount(desk.path('all/data'));
    await desk.delete('all/data/sub/0');
    await desk.write('all/data/sub/1', 'edited');
    expect(await desk.push()).toMatchObject({ put: 1, deleted: 1 });
    expect(problems(desk)).toEqual([]);
    expect(await laptop.pull()).toMatchObject({ written: 1, deleted: 1 });
  });

  it('is left alone if another disk is mounted in its place', async () => {
    const { desk, laptop, data } = await synced();
    data.unmount();
    const other = disk();
    await mkdir(join(other.path, 'sub'));
    for (const name of ['0', '1', 'stray']) await writeFile(join(other.path, 'sub', name), 'of another disk');
    other.mount(desk.path('all/data'));
    expect(await desk.push(true)).toMatchObject(nothing);
    expect(problems(desk)).toEqual(replaced);
    await laptop.write('all/data/new', 'new');
    await laptop.push();
    expect(await desk.pull()).toMatchObject({ written: 0 });
    expect((await readdir(desk.path('all/data/sub'))).sort()).toEqual(['0', '1', 'stray']);
    other.unmount();
    data.mount(desk.path('all/data'));
    expect(await desk.pull()).toMatchObject({ written: 1 });
    expect(problems(desk)).toEqual([]);
  });

  it('keeps a folder that it covers from being synced until it is unmounted', async () => {
    const { desk } = await synced();
    const cover = disk();
    cover.mount(desk.path('all/other'));
    expect(await desk.push(true)).toMatchObject(nothing);
    expect(problems(desk)).toEqual([['all/other', 'disk-replaced']]);
    cover.unmount();
    expect(await desk.push()).toMatchObject(nothing);
    expect(problems(desk)).toEqual([]);
  });

  it('whose files were moved to another disk is not missing', async () => {
    const { desk, data } = await synced();
    data.unmount();
    await cp(data.path, desk.path('all/data'), { recursive: true, preserveTimestamps: true });
    await desk.delete('all/data/sub/0');
    expect(await desk.push()).toMatchObject({ put: 0, deleted: 1 });
    expect(problems(desk)).toEqual([]);
  });

  it('can be untracked while it is missing, and tracked anew', async () => {
    const { desk, data } = await synced();
    data.unmount();
    await desk.sync.rescan(silent);
    await desk.sync.untrack(['all/data']);
    expect(problems(desk)).toEqual([]);
    expect(await desk.push()).toMatchObject(nothing);
    await desk.sync.track(['all/data']);
    expect(await desk.pull()).toMatchObject({ written: 40, deleted: 0 });
    expect(await fixture.pathsOnServer()).toHaveLength(100);
    await rm(desk.path('all/data/sub'), { recursive: true });
  });

  it('is not written to by a restore or an undo while it is missing', async () => {
    const { desk, laptop, data } = await synced();
    await laptop.write('all/data/sub/0', 'edited');
    await laptop.push();
    await desk.pull();
    data.unmount();
    await desk.sync.rescan(silent);
    const undone = await desk.sync.undoPull(silent).catch((error: unknown) => error);
    expect(undone).toBeDefined();
    expect(await readdir(desk.path('all/data'))).toEqual([]);
  });

  it('without tracked files is forgotten, with or without its mount point', async () => {
    const { desk, laptop } = await synced(['all'], []);
    const [empty, other] = [disk(), disk()];
    for (const [path, one] of [
      ['all/empty', empty],
      ['all/other disk', other],
    ] as const) {
      await mkdir(desk.path(path));
      one.mount(desk.path(path));
    }
    await desk.sync.rescan(silent);
    empty.unmount();
    other.unmount();
    await rm(desk.path('all/empty'), { recursive: true });
    await laptop.write('all/empty/new', 'new');
    await laptop.write('all/other/0', 'edited');
    await laptop.push();
    expect(await desk.pull()).toMatchObject({ written: 2, skipped: [] });
    expect(problems(desk)).toEqual([]);
  });

  it('with the whole workspace folder stops everything until it is mounted again', async () => {
    const [desk, laptop] = await fixture.twoMachines(onDisk);
    const all = disk();
    all.mount(desk.root);
    for (const name of names) await desk.write(`n/${name}`, name);
    await desk.sync.track(['']);
    await desk.push();
    await laptop.pull();
    all.unmount();
    await desk.write('stray', 'in the mount point');
    await expect(desk.push(true)).rejects.toMatchObject({ code: 'root_gone' });
    await laptop.write('n/new', 'new');
    await laptop.push();
    await expect(desk.pull(true)).rejects.toMatchObject({ code: 'root_gone' });
    expect(await readdir(desk.root)).toEqual(['stray']);
    all.mount(desk.root);
    expect(await desk.pull()).toMatchObject({ written: 1, deleted: 0 });
    expect(await desk.push()).toMatchObject(nothing);
  });

  it('that is unmounted during a pull is not written to', async () => {
    const { laptop, desk: first, data } = await synced();
    await first.close();
    let isUnmounted = false;
    const desk = await fixture.machine({
      ...onDisk,
      root: first.root,
      storage: first.storage,
      transfer: async (request) => {
        const result = await transfer(request);
        if (request.direction === 'pull' && !isUnmounted) data.unmount();
        isUnmounted = true;
        return result;
      },
    });
    for (const name of names) await laptop.write(`all/data/sub/${name}`, `edited ${name}`);
    await laptop.push();
    await expect(desk.pull()).rejects.toMatchObject({ code: 'root_gone', details: { subject: desk.path('all/data') } });
    expect(await readdir(desk.path('all/data'))).toEqual([]);
    data.mount(desk.path('all/data'));
    expect(await desk.pull()).toMatchObject({ written: 40 });
  });

  it('keeps its own deletions and edits', async () => {
    const { desk } = await synced();
    await desk.delete('all/data/sub/0');
    await desk.write('all/data/sub/1', 'edited');
    expect(await desk.push()).toMatchObject({ put: 1, deleted: 1 });
  });
});
