import { execFileSync } from 'node:child_process';
import type * as files from 'node:fs';
import type * as promises from 'node:fs/promises';
import { chmod, lstat, mkdir, readdir } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DirectScanner } from '../support/directScanner';
import { canMount, mountKind, newDisk, type Disk } from '../support/disks/disks';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

vi.mock('node:fs', async (original) => {
  const { canMount, pretendingDevices } = await import('../support/disks/disks');
  const real = await original<typeof files>();
  return canMount ? real : pretendingDevices(real);
});

vi.mock('node:fs/promises', async (original) => {
  const { canMount, pretendingDevicesLater } = await import('../support/disks/disks');
  const real = await original<typeof promises>();
  return canMount ? real : pretendingDevicesLater(real);
});

const fixture = serverFixture();
const disks: Disk[] = [];

afterEach(() => {
  for (const disk of disks.splice(0).reverse()) disk.remove();
});

async function modeOf(machine: Machine, path: string): Promise<string> {
  return ((await lstat(machine.path(path))).mode & 0o777).toString(8);
}

/** Makes the disk look like exFAT: each file on it has the mode 0777. */
async function forgetModes(machine: Machine): Promise<void> {
  for (const name of await readdir(machine.path('n/stick'))) await chmod(machine.path(`n/stick/${name}`), 0o777);
}

/** A machine whose folder keeps modes, with a disk at `n/stick` that keeps none. */
async function machineWithStick(modes: 'auto' | 'keep' = 'auto'): Promise<Machine> {
  const machine = await fixture.machine({
    tree: fixture.tree,
    modes: () => modes,
    scanner: (root, known) => new DirectScanner(root, known, { mountKeepsModes: () => false }),
  });
  const disk = newDisk();
  disks.push(disk);
  await mkdir(machine.path('n/stick'), { recursive: true });
  disk.mount(machine.path('n/stick'));
  return machine;
}

it.skipIf(!canMount)('a folder with files of the system is a problem of its own path, and hangs nothing', async () => {
  const [desk, laptop] = await fixture.twoMachines();
  await desk.write('n/root/etc/hosts', 'hosts');
  await mkdir(desk.path('n/root/proc'));
  execFileSync('mount', ['-t', 'proc', 'proc', desk.path('n/root/proc')]);
  try {
    await desk.sync.track(['n']);
    expect(await desk.push()).toMatchObject({ put: 1 });
    expect(desk.sync.problemAt('n/root/proc')).toMatchObject({ reason: 'virtual-files' });
    expect(desk.sync.state.counts).toMatchObject({ problems: 1, outgoing: 0 });
    desk.sync.onFileEvents(['n/root/proc/version', 'n/root/etc/hosts']);
    await laptop.pull();
    expect((await laptop.listing()).size).toBe(1);
    expect(await desk.push()).toMatchObject({ put: 0, deleted: 0 });
  } finally {
    execFileSync('umount', [desk.path('n/root/proc')]);
  }
});

describe(`a disk without modes in a folder with modes (${mountKind})`, () => {
  it('has no changes after a pull, and an edit there leaves the modes elsewhere as they are', async () => {
    const desk = await fixture.machine();
    const laptop = await machineWithStick();
    await desk.write('n/stick/key', 'secret', 0o600);
    await desk.write('n/stick/run', '#!', 0o755);
    await desk.write('n/key', 'other', 0o600);
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    await forgetModes(laptop);
    await laptop.sync.rescan(silent);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0 });
    expect(await modeOf(laptop, 'n/key')).toBe('600');

    await laptop.write('n/stick/key', 'secret 2', 0o777);
    await laptop.rename('n/stick/run', 'n/stick/renamed');
    await laptop.write('n/stick/new', 'new', 0o777);
    await chmod(laptop.path('n/key'), 0o640);
    await laptop.push();
    await desk.pull();
    expect(await desk.read('n/stick/key')).toBe('secret 2');
    const paths = ['n/stick/key', 'n/stick/renamed', 'n/stick/new', 'n/key'];
    expect(await Promise.all(paths.map((path) => modeOf(desk, path)))).toEqual(['600', '755', '644', '640']);
  });

  it('has changes of modes if the setting says that they are kept', async () => {
    const desk = await fixture.machine();
    const laptop = await machineWithStick('keep');
    await desk.write('n/stick/key', 'secret', 0o600);
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    await forgetModes(laptop);
    await laptop.sync.rescan(silent);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 1 });
  });
});
