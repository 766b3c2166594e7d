import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Transport } from '../../src/io/transfer/transferRequest';
import { transfer } from '../../src/io/transferFiles';
import { windowClosed } from '../../src/sync/ports/windowClosed';
import { FaultyProxy } from '../support/servers/faultyProxy';
import { RunningServer } from '../support/servers/server';
import { diskKind, mountedDisk } from '../support/disks/smallDisk';
import { expectSame, Machine, silent, until, type MachineOptions } from './machine';
import { serverFixture } from './serverFixture';

// The contract of a carrier: what every push and pull relies on, whatever moves the bytes.

const fixture = serverFixture();
const megabyte = 1_000_000;
let proxy: FaultyProxy;
let earlier: ReadonlySet<string>;
beforeEach(async () => {
  earlier = new Set(await sessions());
  proxy = await FaultyProxy.open(fixture.server.url);
});
afterEach(() => proxy.close());

function sessions(): Promise<string[]> {
  return readdir(join(fixture.server.dataDir, 'sessions'));
}

/** The server removes a session in the background, or a little after its client has gone. */
function expectNoSession(): Promise<void> {
  return expect.poll(async () => (await sessions()).filter((id) => !earlier.has(id)), { timeout: 10_000 }).toEqual([]);
}

const oddNames = [
  '# hash',
  '; semicolon',
  '-dash',
  'a b+c&d=e?f%2F%zz',
  'new\nline\r',
  '*[star]?',
  'ünï/日本/🌴',
  'trailing ',
  '.dot',
  'quote\'"$(x)`',
  `${'long'.repeat(60)}/${'ü'.repeat(120)}`,
];

describe.each<Transport>(['rsync', 'http'])('files that travel by %s', (carrier) => {
  const transport = (): Transport => carrier;
  const machine = (options: Partial<MachineOptions> = {}) => fixture.machine({ transport, ...options });

  async function pushed(files: Readonly<Record<string, Buffer | string>>): Promise<Machine> {
    const desk = await machine();
    for (const [path, content] of Object.entries(files)) await desk.write(path, content);
    await desk.sync.track(['n']);
    await desk.push();
    return desk;
  }

  it('arrive byte for byte under any name, and again when they have changed', async () => {
    const [desk, laptop] = await fixture.twoMachines({ transport });
    for (const [number, name] of oddNames.entries()) await desk.write(`n/${name}`, name, number % 2 ? 0o600 : 0o755);
    await desk.write('n/empty', '');
    await desk.write('n/text', 'again and again '.repeat(200_000));
    await desk.write('n/random', randomBytes(3 * megabyte));
    await utimes(desk.path('n/text'), 1_600_000_000.25, 1_600_000_000.25);
    await desk.sync.track(['n']);
    const { uploadedBytes } = await desk.push();
    expect(uploadedBytes).toBeLessThan(4 * megabyte);
    const { downloadedBytes } = await laptop.pull();
    expect(downloadedBytes).toBeLessThan(4 * megabyte);
    expectSame(await laptop.listing('n'), await desk.listing('n'));
    expect(desk.screen).toContain('n/empty\n');
    await laptop.write('n/random', randomBytes(3 * megabyte + 1));
    await laptop.write('n/text', 'short');
    expect(await laptop.push()).toMatchObject({ put: 2, skipped: [] });
    expect(await desk.pull()).toMatchObject({ written: 2, skipped: [] });
    expectSame(await desk.listing('n'), await laptop.listing('n'));
    await expectNoSession();
  });

  it('are sent as differences if they are large', async () => {
    const [desk, laptop] = await fixture.twoMachines({ transport });
    const content = randomBytes(8 * megabyte);
    await desk.write('n/big', content);
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    const [start, end] = [content.subarray(0, 3 * megabyte), content.subarray(3 * megabyte + 500)];
    await desk.write('n/big', Buffer.concat([start, Buffer.from('inserted'.repeat(100)), end]));
    expect((await desk.push()).uploadedBytes).toBeLessThan(megabyte / 2);
    expect((await laptop.pull()).downloadedBytes).toBeLessThan(megabyte / 2);
    expectSame(await laptop.listing('n'), await desk.listing('n'));
  });

  it('arrive in packs if they are many', async () => {
    const [desk, laptop] = await fixture.twoMachines({ transport });
    for (let number = 0; number < 600; number++)
      await desk.write(`n/${number % 7}/${number}`, `${number} `.repeat(number));
    await desk.sync.track(['n']);
    expect(await desk.push()).toMatchObject({ put: 600, skipped: [] });
    expect(desk.packs).toBeGreaterThan(0);
    expect(await laptop.pull()).toMatchObject({ written: 600, skipped: [] });
    expectSame(await laptop.listing('n'), await desk.listing('n'));
  });

  it.each(['push', 'pull'] as const)('go on where they stopped when the line of a %s is cut', async (direction) => {
    const files = { 'n/big': randomBytes(16 * megabyte), 'n/small': 'small' };
    const desk = await machine(direction === 'push' ? { url: proxy.url } : {});
    for (const [path, content] of Object.entries(files)) await desk.write(path, content);
    await desk.sync.track(['n']);
    const laptop = await machine(direction === 'pull' ? { url: proxy.url } : {});
    if (direction === 'pull') await desk.push();
    const passed = proxy.after(8 * megabyte);
    const moving = direction === 'push' ? desk.push() : laptop.pull();
    await passed;
    proxy.cut();
    await moving;
    expect((direction === 'push' ? desk : laptop).retries).toBeGreaterThan(0);
    expect(proxy.bytes).toBeLessThan(23 * megabyte);
    if (direction === 'push') await laptop.pull();
    expectSame(await laptop.listing('n'), await desk.listing('n'));
  });

  it('go on in the next push when the window was closed', async () => {
    const desk = await machine({ url: proxy.url });
    await desk.write('n/big', randomBytes(16 * megabyte));
    await desk.sync.track(['n']);
    const passed = proxy.after(10 * megabyte);
    const push = desk.push();
    await passed;
    await Promise.all([desk.close(), expect(push).rejects.toMatchObject({ code: 'cancelled' })]);
    const again = await machine({ root: desk.root, storage: desk.storage, url: proxy.url });
    const before = proxy.bytes;
    expect(await again.push()).toMatchObject({ put: 1 });
    expect(proxy.bytes - before).toBeLessThan(13 * megabyte);
    const laptop = await machine();
    await laptop.pull();
    expectSame(await laptop.listing('n'), await again.listing('n'));
  });

  it('go on in the next pull when the window was closed', async () => {
    const desk = await pushed({ 'n/big': randomBytes(16 * megabyte) });
    const laptop = await machine({ url: proxy.url });
    const passed = proxy.after(10 * megabyte);
    const pull = laptop.pull();
    await passed;
    await Promise.all([laptop.close(), expect(pull).rejects.toMatchObject({ code: 'cancelled' })]);
    const again = await machine({ root: laptop.root, storage: laptop.storage, url: proxy.url });
    const before = proxy.bytes;
    await again.pull();
    expect(proxy.bytes - before).toBeLessThan(13 * megabyte);
    expectSame(await again.listing('n'), await desk.listing('n'));
    expect(await readdir(join(again.storage, 'staging'))).toEqual([]);
  });

  it('leave nothing behind when the user cancels', async () => {
    const desk = await machine({ url: proxy.url });
    await desk.write('n/big', randomBytes(16 * megabyte));
    await desk.sync.track(['n']);
    const abort = new AbortController();
    const passed = proxy.after(5 * megabyte);
    const push = desk.sync.push({ ...silent, signal: abort.signal });
    await passed;
    abort.abort();
    await expect(push).rejects.toMatchObject({ code: 'cancelled' });
    expect(abort.signal.reason).not.toBe(windowClosed);
    await expectNoSession();
    expect(await desk.push()).toMatchObject({ put: 1 });
  });

  it('are hashed and sent again if they change meanwhile', async () => {
    let changes = 0;
    const [desk, laptop] = await fixture.twoMachines({
      transport,
      transfer: async (request) => {
        if (request.direction === 'push' && changes++ === 0) {
          await writeFile(desk.path('n/grows'), randomBytes(2 * megabyte));
          await truncate(desk.path('n/shrinks'), 100_000);
          await rm(desk.path('n/vanishes'));
        }
        return transfer(request);
      },
    });
    for (const name of ['grows', 'shrinks', 'vanishes', 'stays']) await desk.write(`n/${name}`, randomBytes(megabyte));
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    expectSame(await laptop.listing('n'), await desk.listing('n'));
  });

  it('go on over a new connection when theirs freezes', async () => {
    const quickly: MachineOptions['transfer'] = (request) => transfer({ ...request, silenceMs: 2_000 });
    const desk = await machine({ url: proxy.url, transfer: quickly });
    await desk.write('n/big', randomBytes(16 << 20));
    await desk.sync.track(['n']);
    const passed = proxy.after(8 * megabyte);
    const push = desk.push();
    await passed;
    proxy.freeze();
    await until(desk, (now) => now.kind === 'transferring' && now.progress?.isReconnecting === true);
    proxy.thaw();
    expect(await push).toMatchObject({ put: 1 });
  });

  describe.skipIf(diskKind !== 'a tmpfs')('and a full disk', () => {
    it('of the server is named, and a smaller push succeeds', async () => {
      const disk = mountedDisk('40m');
      const server = await RunningServer.start('test', disk.path);
      const desk = await Machine.open({
        url: server.url,
        token: server.token,
        transport,
        transfer: (request) => {
          disk.fill();
          return transfer(request);
        },
      });
      try {
        await desk.write('n/huge', randomBytes(16 * megabyte));
        await desk.sync.track(['n']);
        await expect(desk.push()).rejects.toMatchObject({ code: 'storage_full' });
        disk.free();
        const other = await Machine.open({ url: server.url, token: server.token, transport });
        await other.write('n/small', 'small');
        await other.sync.track(['n']);
        expect(await other.push()).toMatchObject({ put: 1 });
        await other.remove();
      } finally {
        await desk.remove();
        await server.close();
        disk.remove();
      }
    });

    it('of this machine is named, and the next pull succeeds', async () => {
      const disk = mountedDisk('32m');
      try {
        await pushed({ 'n/big': randomBytes(20 * megabyte) });
        const storage = join(disk.path, 'storage');
        await mkdir(storage);
        const laptop = await machine({
          storage,
          transfer: async (request) => {
            if (laptop.screen !== '') return transfer(request);
            await writeFile(join(disk.path, 'room'), Buffer.alloc(5 * megabyte));
            disk.fill();
            await rm(join(disk.path, 'room'));
            return transfer(request);
          },
        });
        await expect(laptop.pull()).rejects.toMatchObject({ code: 'disk_full' });
        disk.free();
        expect(await laptop.pull()).toMatchObject({ written: 1 });
        await laptop.close();
      } finally {
        disk.remove();
      }
    });
  });
});

describe('the carrier', () => {
  const missing = { rsync: () => '/nowhere/rsync' };

  it('is HTTP where no rsync is installed, unless the user insists on rsync', async () => {
    let transport: Transport = 'rsync';
    const desk = await fixture.machine({ ...missing, transport: () => transport });
    await desk.write('n/a.md', 'a');
    await desk.sync.track(['n']);
    await expect(desk.push()).rejects.toMatchObject({ code: 'rsync_missing' });
    transport = 'auto';
    expect(await desk.push()).toMatchObject({ put: 1 });
    const laptop = await fixture.machine({ ...missing, transport: () => 'auto' });
    await laptop.pull();
    expect(await readFile(laptop.path('n/a.md'), 'utf8')).toBe('a');
  });

  it('is rsync alone with a server that does not move files by HTTP', async () => {
    let transport: Transport = 'http';
    const desk = await fixture.machine({ ...missing, transport: () => transport });
    const { client } = desk;
    const beginPush = client.beginPush.bind(client);
    client.beginPush = async (...args) => ({ ...(await beginPush(...args)), http: undefined });
    await desk.write('n/a.md', 'a');
    await desk.sync.track(['n']);
    await expect(desk.push()).rejects.toMatchObject({ code: 'server_without_http' });
    transport = 'auto';
    await expect(desk.push()).rejects.toMatchObject({ code: 'rsync_missing' });
  });
});
