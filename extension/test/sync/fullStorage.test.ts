import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { transfer } from '../../src/io/transferFiles';
import { diskKind, mountedDisk, type SmallDisk } from '../support/disks/smallDisk';
import type { Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

describe.skipIf(diskKind !== 'a tmpfs')('a storage disk that fills up during a pull', () => {
  let disk: SmallDisk;
  let fillAt: 'before the transfer' | 'after the transfer' | 'never';
  let laptop: Machine;
  beforeEach(() => {
    disk = mountedDisk('4m');
    fillAt = 'never';
  });
  afterEach(async () => {
    await laptop.close();
    disk.remove();
  });

  it.each(['before the transfer', 'after the transfer'] as const)('%s is named, and loses nothing', async (when) => {
    const desk = await fixture.machine();
    laptop = await fixture.machine({
      storage: `${disk.path}/storage`,
      transfer: async (request) => {
        if (fillAt === 'before the transfer') disk.fill();
        const result = await transfer(request);
        if (fillAt === 'after the transfer') disk.fill();
        return result;
      },
    });
    await desk.write('n/a', '1');
    await desk.write('n/b', '1');
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    const twin = randomBytes(200_000);
    for (const path of ['n/a', 'n/b', 'n/c']) await desk.write(path, twin);
    await desk.push();
    fillAt = when;
    await expect(laptop.pull()).rejects.toMatchObject({ code: 'disk_full' });
    expect([await laptop.read('n/a'), await laptop.read('n/b')]).toEqual(['1', '1']);
    fillAt = 'never';
    disk.free();
    expect(await laptop.pull()).toMatchObject({ written: 3, skipped: [] });
  });
});
