import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { transfer } from '../../src/io/transferFiles';
import type { TransferRequest } from '../../src/io/transfer/transferRequest';
import { diskKind, mountedDisk, type SmallDisk } from '../support/disks/smallDisk';
import type { MachineOptions } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();
const content = randomBytes(20_000_000);
let disk: SmallDisk;

beforeEach(() => void (disk = mountedDisk('32m')));
afterEach(() => disk.remove());

describe.skipIf(diskKind !== 'a tmpfs')('a pull to a small disk', () => {
  /** A machine whose staging folder is on the disk, and a file on the server that fits there only once. */
  async function laptop(options: Partial<MachineOptions> = {}) {
    const [desk] = await fixture.twoMachines();
    await desk.write('big.bin', content);
    await desk.sync.track(['big.bin']);
    await desk.push();
    const storage = join(disk.path, 'storage');
    await mkdir(storage);
    return fixture.machine({ storage, ...options });
  }

  it('is refused with figures before anything is sent if the files have no room', async () => {
    const machine = await laptop();
    await writeFile(join(disk.path, 'other'), Buffer.alloc(16_000_000));
    const error = await machine.pull().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'disk_full', details: { room: { needed: content.length } } });
    expect(machine.screen).toBe('');
    await rm(join(disk.path, 'other'));
    expect(await machine.pull()).toMatchObject({ written: 1 });
  });

  it('ends with words when the disk fills in the middle, and works again afterwards', async () => {
    const machine = await laptop({
      transfer: async (request: TransferRequest) => {
        if (machine.retries > 0 || machine.screen !== '') return transfer(request);
        await writeFile(join(disk.path, 'room'), Buffer.alloc(5_000_000));
        disk.fill();
        await rm(join(disk.path, 'room'));
        return transfer(request);
      },
    });
    await expect(machine.pull()).rejects.toMatchObject({ code: 'disk_full' });
    disk.free();
    expect(await machine.pull()).toMatchObject({ written: 1 });
  });
});
