import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunningServer } from '../support/servers/server';
import { diskKind, mountedDisk, type SmallDisk } from '../support/disks/smallDisk';
import { Machine } from './machine';

describe.skipIf(diskKind !== 'a tmpfs')('a server whose disk is full', () => {
  let disk: SmallDisk;
  let server: RunningServer;
  let desk: Machine;
  beforeEach(async () => {
    disk = mountedDisk('24m');
    server = await RunningServer.start('test', disk.path);
    desk = await Machine.open({ url: server.url, token: server.token });
  });
  afterEach(async () => {
    await desk.remove();
    await server.close();
    disk.remove();
  });

  it('is named when a push fills it, and takes a smaller push afterwards', async () => {
    await desk.write('n/small', 'small');
    await desk.write('n/huge', randomBytes(40_000_000));
    await desk.sync.track(['n']);
    await expect(desk.push()).rejects.toMatchObject({
      code: 'storage_full',
      details: { room: { needed: expect.any(Number), free: expect.any(Number) } },
    });
    expect(await readdir(join(server.dataDir, 'sessions'))).toEqual([]);
    await desk.delete('n/huge');
    expect(await desk.push()).toMatchObject({ put: 1 });
  });

  it('is named when it fills in the middle of a file that is larger than all buffers', async () => {
    await desk.write('huge', randomBytes(160_000_000));
    await desk.sync.track(['huge']);
    await expect(desk.push()).rejects.toMatchObject({ code: 'storage_full' });
    expect(await readdir(join(server.dataDir, 'sessions'))).toEqual([]);
  });

  it('is named when it is full before the push', async () => {
    await desk.write('n/big', randomBytes(1_000_000));
    await desk.sync.track(['n']);
    disk.fill();
    await expect(desk.push()).rejects.toMatchObject({ code: 'storage_full' });
    disk.free();
    expect(await desk.push()).toMatchObject({ put: 1 });
  });
});
