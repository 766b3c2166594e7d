import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildServer, startChildServer } from '../../../server/test/childServer';
import { temporaryFolder } from '../../../server/test/temporaryFolder';
import { PalmtreeError } from '../../src/errors';
import { transfer } from '../../src/io/transferFiles';
import { expectSame, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** So many small files that they travel in packs. */
async function writeMany(machine: Machine, folder: string, count = 600): Promise<string[]> {
  const paths = Array.from({ length: count }, (_, number) => `${folder}/part ${number % 7}/${number}.txt`);
  for (const [number, path] of paths.entries()) {
    await machine.write(path, `${folder} ${number} `.repeat(1 + (number % 40)), number % 5 === 0 ? 0o600 : 0o644);
  }
  return paths;
}

/** Empties a folder that another user has filled, which root cannot read where the tests obey file modes. */
function giveBack(folder: string, ids: { uid: number; gid: number }): void {
  execFileSync('find', [folder, '-mindepth', '1', '-delete'], { ...ids, cwd: '/' });
  chownSync(folder, 0, 0);
}

describe('many small files', () => {
  it('arrive byte for byte in packs, beside large files and links', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await writeMany(desk, 'many');
    await desk.write('many/large.bin', randomBytes(300_000));
    await desk.sync.track(['many']);
    expect(await desk.push()).toMatchObject({ revision: 1, put: 601, skipped: [] });
    expect(desk.packs).toBeGreaterThan(0);
    expect(await laptop.pull()).toMatchObject({ written: 601, skipped: [] });
    expectSame(await laptop.listing('many'), await desk.listing('many'));
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, tracked: 601 });
    // Nothing is left to do.
    expect(await desk.push()).toMatchObject({ put: 0 });
    expect(await laptop.pull()).toMatchObject({ written: 0 });
  });

  it('arrive from a server that is not root, whose rsync has no chroot', async () => {
    const data = temporaryFolder();
    const ids = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
    if (ids !== undefined) chownSync(data, ids.uid, ids.gid);
    const server = await startChildServer(await buildServer(), data, { ids });
    onTestFinished(async () => {
      await server.kill('SIGKILL');
      if (ids !== undefined) giveBack(data, ids);
    });
    await server.api.makeTree('tree');
    const access = { url: server.url, token: server.token, tree: 'tree' };
    const [desk, laptop] = [await fixture.machine(access), await fixture.machine(access)];
    await writeMany(desk, 'many');
    await desk.sync.track(['many']);
    expect(await desk.push()).toMatchObject({ put: 600, skipped: [] });
    expect(desk.packs).toBeGreaterThan(0);
    expect(await laptop.pull()).toMatchObject({ written: 600, skipped: [] });
    expectSame(await laptop.listing('many'), await desk.listing('many'));
  });

  it('are edited, deleted and renamed, and the history has each version', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    const paths = await writeMany(desk, 'many');
    await desk.sync.track(['many']);
    await desk.push();
    await laptop.pull();
    for (const path of paths) await laptop.write(path, `edited ${path}`);
    await laptop.delete(paths[0] ?? '');
    await laptop.rename(paths[1] ?? '', 'many/renamed.txt');
    expect(await laptop.push(true)).toMatchObject({ revision: 2 });
    await desk.pull(true);
    expectSame(await desk.listing('many'), await laptop.listing('many'));
    const [, , path = ''] = paths;
    const old = await desk.client.content(fixture.tree, { path, revision: 1 });
    expect(new TextDecoder().decode(old)).toBe('many 2 '.repeat(3));
  });

  it('that change before they are packed are hashed again and sent with the others', async () => {
    let changes = 0;
    let file = '';
    const beforePack = async (): Promise<void> => {
      if (changes++ === 0) await writeFile(file, 'changed once');
    };
    const [desk, laptop] = await fixture.twoMachines({ beforePack });
    const [busy = ''] = await writeMany(desk, 'busy');
    file = desk.path(busy);
    await desk.sync.track(['busy']);
    expect(await desk.push()).toMatchObject({ revision: 1, put: 600, skipped: [] });
    // The second plan sends that file alone.
    expect([desk.packs, changes]).toEqual([1, 1]);
    await laptop.pull();
    expectSame(await laptop.listing('busy'), await desk.listing('busy'));
  });

  it('that change at each attempt are left out, and go with the next push', async () => {
    const [desk, laptop] = await fixture.twoMachines({
      transfer: async (request) => {
        if (request.direction === 'push') await writeFile(file, `${busy} ${changes++}`);
        return transfer(request);
      },
      beforePack: () => writeFile(file, `${busy} ${changes++}`),
    });
    let changes = 0;
    const [busy = ''] = await writeMany(desk, 'busy');
    const file = desk.path(busy);
    await desk.sync.track(['busy']);
    expect(await desk.push()).toMatchObject({ revision: 1, put: 599, skipped: [{ path: busy, reason: 'busy' }] });
    expect(await laptop.pull()).toMatchObject({ written: 599 });
  });

  it('are not received again after a pull that was cut', async () => {
    let isFirst = true;
    const [desk, laptop] = await fixture.twoMachines({
      transfer: async (request) => {
        if (request.direction === 'push' || !isFirst) return transfer(request);
        isFirst = false;
        const result = await transfer(request);
        throw new PalmtreeError('connection_lost', 'cut', { cause: result });
      },
    });
    await writeMany(desk, 'many', 2000);
    await desk.sync.track(['many']);
    await desk.push();
    await expect(laptop.pull()).rejects.toMatchObject({ code: 'connection_lost' });
    const { downloadedBytes } = await laptop.pull();
    expect(downloadedBytes).toBe(0);
    expectSame(await laptop.listing('many'), await desk.listing('many'));
  });
});
