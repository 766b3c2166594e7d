import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClientRequest, ClientResponse } from '../../bench/clientProtocol';
import { registerChild } from '../../scripts/processes/liveChildren.mjs';
import { nodeBinary } from '../../scripts/paths.mts';
import { FaultyProxy } from '../support/servers/faultyProxy';
import { expectSame, silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();
const dist = join(import.meta.dirname, '../../../dist');
const megabyte = 1_000_000;

let bundle: string;
let proxy: FaultyProxy;
let earlier: ReadonlySet<string>;
beforeAll(async () => {
  bundle = await mkdtemp(join(tmpdir(), 'palmtree-client-'));
  await build({
    entryPoints: [join(import.meta.dirname, '../../bench/client.ts')],
    outfile: join(bundle, 'client.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
});
afterAll(() => rm(bundle, { recursive: true }));
beforeEach(async () => {
  proxy = await FaultyProxy.open(fixture.server.url);
  earlier = new Set(await sessions());
});
afterEach(() => proxy.close());

/** A client in a process of its own, on the folder and storage of a machine that is closed. */
class ClientProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async open({ root, storage }: Machine): Promise<ClientProcess> {
    const child = registerChild(fork(join(bundle, 'client.js'), [], { execPath: nodeBinary, execArgv: [] }));
    const client = new ClientProcess(child);
    await client.#response();
    const { token } = fixture.server;
    await client.ask({ op: 'open', root, storage, dist, url: proxy.url, token, tree: fixture.tree });
    return client;
  }

  async ask(request: ClientRequest): Promise<void> {
    const response = this.#response();
    this.#child.send(request);
    const answer = await response;
    if ('error' in answer) throw new Error(answer.error);
  }

  /** Sends a request and kills the process with SIGKILL when this many bytes have passed. */
  async askAndKill(request: ClientRequest, bytes: number): Promise<void> {
    const passed = proxy.after(bytes);
    this.#child.send(request);
    await passed;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await exited;
  }

  async close(): Promise<void> {
    await this.ask({ op: 'close' });
    this.#child.disconnect();
  }

  #response(): Promise<ClientResponse> {
    return new Promise((resolve) => this.#child.once('message', (message) => resolve(message as ClientResponse)));
  }
}

function sessions(): Promise<string[]> {
  return readdir(join(fixture.server.dataDir, 'sessions'));
}

/** The sessions on the server, without those that killed pulls of earlier tests have left. */
async function newSessions(): Promise<string[]> {
  return (await sessions()).filter((id) => !earlier.has(id));
}

async function fill(machine: Machine, files: Readonly<Record<string, number>>): Promise<void> {
  for (const [path, size] of Object.entries(files)) await machine.write(path, randomBytes(size));
}

/** Opens another window on the folder of a closed machine. */
function reopened({ root, storage }: Machine): Promise<Machine> {
  return fixture.machine({ root, storage, url: proxy.url });
}

/** Pushes the folder `n` of `desk` to the current tree, as another machine. */
async function pushed(desk: Machine): Promise<void> {
  await desk.sync.track(['n']);
  await desk.push();
}

/** The bytes that pass while `work` runs. The bytes in buffers at a kill, some megabytes, pass again. */
async function bytesOf(work: () => Promise<unknown>): Promise<number> {
  const before = proxy.bytes;
  await work();
  return proxy.bytes - before;
}

const manyFiles = Object.fromEntries(
  Array.from({ length: 60 }, (_, number) => [`n/${number % 7}/${number}`, megabyte]),
);

describe('a push whose client was killed', () => {
  it.each([
    ['one big file', { 'n/big': 120 * megabyte }, 120 * megabyte],
    ['many files', manyFiles, 60 * megabyte],
  ])('goes on where it stopped: %s', async (_, files, size) => {
    const desk = await fixture.machine();
    await fill(desk, files);
    await desk.sync.track(['n']);
    await desk.close();
    const client = await ClientProcess.open(desk);
    await client.askAndKill({ op: 'push' }, size / 2);
    const again = await ClientProcess.open(desk);
    const bytes = await bytesOf(() => again.ask({ op: 'push' }));
    expect(bytes).toBeLessThan(size * 0.6);
    await again.close();
    expect(await newSessions()).toEqual([]);
    const laptop = await fixture.machine();
    await laptop.pull();
    expectSame(await laptop.listing(), await desk.listing());
  });

  it('goes on although the file was renamed and the server was restarted', async () => {
    const desk = await fixture.machine();
    await fill(desk, { 'n/big': 40 * megabyte });
    await desk.sync.track(['n']);
    await desk.close();
    await (await ClientProcess.open(desk)).askAndKill({ op: 'push' }, 25 * megabyte);
    await desk.rename('n/big', 'n/renamed');
    await fixture.server.restart();
    const again = await reopened(desk);
    expect(await bytesOf(() => again.push())).toBeLessThan(28 * megabyte);
    expect(await fixture.pathsOnServer()).toEqual(['n/renamed']);
  });

  it('begins anew if the server has removed its session', async () => {
    const desk = await fixture.machine();
    await fill(desk, { 'n/big': 10 * megabyte });
    await desk.sync.track(['n']);
    await desk.close();
    await (await ClientProcess.open(desk)).askAndKill({ op: 'push' }, 5 * megabyte);
    await fixture.server.kill('SIGTERM');
    for (const id of await sessions()) await rm(join(fixture.server.dataDir, 'sessions', id), { recursive: true });
    await fixture.server.restart();
    const again = await reopened(desk);
    expect(await again.push()).toMatchObject({ put: 1 });
  });
});

describe('a push whose window is closed', () => {
  it('goes on in the next window', async () => {
    const desk = await fixture.machine({ url: proxy.url });
    await fill(desk, { 'n/big': 40 * megabyte });
    await desk.sync.track(['n']);
    const passed = proxy.after(20 * megabyte);
    const push = desk.push();
    await passed;
    await Promise.all([desk.close(), expect(push).rejects.toMatchObject({ code: 'cancelled' })]);
    const again = await reopened(desk);
    expect(await bytesOf(() => again.push())).toBeLessThan(28 * megabyte);
    expect(await newSessions()).toEqual([]);
  });

  it('of some paths only does not hinder the push of all', async () => {
    const desk = await fixture.machine({ url: proxy.url });
    await fill(desk, { 'n/big': 40 * megabyte, 'n/small': 10 });
    await desk.sync.track(['n']);
    const passed = proxy.after(20 * megabyte);
    const push = desk.push();
    await passed;
    await Promise.all([desk.close(), expect(push).rejects.toMatchObject({ code: 'cancelled' })]);
    const again = await reopened(desk);
    expect(await again.push(false, { only: new Set(['n/small']) })).toMatchObject({ put: 1 });
    // The head has moved, which does not matter: the push is planned anew.
    expect(await bytesOf(() => again.push())).toBeLessThan(28 * megabyte);
  });
});

describe('a push whose connection is cut', () => {
  it('goes on when the connection is back', async () => {
    const desk = await fixture.machine({ url: proxy.url });
    await fill(desk, { 'n/big': 40 * megabyte });
    await desk.sync.track(['n']);
    const passed = proxy.after(20 * megabyte);
    const push = desk.push();
    await passed;
    proxy.cut();
    proxy.refuse();
    await expect(push).rejects.toMatchObject({ code: 'connection_lost' });
    proxy.thaw();
    expect(await bytesOf(() => desk.push())).toBeLessThan(28 * megabyte);
    expect(await newSessions()).toEqual([]);
  });
});

describe('a pull whose client was killed', () => {
  it.each([
    ['one big file', { 'n/big': 120 * megabyte }, 120 * megabyte],
    ['many files', manyFiles, 60 * megabyte],
  ])('goes on where it stopped: %s', async (_, files, size) => {
    const desk = await fixture.machine();
    await fill(desk, files);
    await pushed(desk);
    const laptop = await fixture.machine();
    await laptop.close();
    await (await ClientProcess.open(laptop)).askAndKill({ op: 'pull' }, size / 2);
    const again = await ClientProcess.open(laptop);
    expect(await bytesOf(() => again.ask({ op: 'pull' }))).toBeLessThan(size * 0.6);
    await again.close();
    expectSame(await laptop.listing(), await desk.listing());
    expect(await readdir(join(laptop.storage, 'staging'))).toEqual([]);
  });
});

describe('a pull whose window is closed', () => {
  it('goes on in the next window, also to a newer revision', async () => {
    const desk = await fixture.machine();
    const content = randomBytes(40 * megabyte);
    await desk.write('n/big', content);
    await pushed(desk);
    const laptop = await fixture.machine({ url: proxy.url });
    const passed = proxy.after(20 * megabyte);
    const pull = laptop.pull();
    await passed;
    await Promise.all([laptop.close(), expect(pull).rejects.toMatchObject({ code: 'cancelled' })]);
    await desk.write('n/big', Buffer.concat([Buffer.from('a new start'), content]));
    await desk.push();
    const again = await reopened(laptop);
    expect(await bytesOf(() => again.pull())).toBeLessThan(28 * megabyte);
    expectSame(await again.listing(), await desk.listing());
  });

  it.each<[string, (laptop: Machine) => Promise<unknown>]>([
    ['a pull of other files', (laptop) => laptop.pull(false, { only: new Set(['n/small']) })],
    ['a restore', (laptop) => laptop.sync.restore(silent, { paths: ['n/small'], revision: 1 })],
    [
      'another pull that was interrupted',
      async (laptop) => {
        const passed = proxy.after(5 * megabyte);
        const pull = laptop.pull(false, { only: new Set(['n/other']) });
        await passed;
        proxy.cut();
        proxy.refuse();
        await expect(pull).rejects.toMatchObject({ code: 'connection_lost' });
        proxy.thaw();
      },
    ],
  ])('goes on although there was %s in between', async (_, between) => {
    const desk = await fixture.machine();
    await fill(desk, { 'n/small': 10 });
    await pushed(desk);
    const laptop = await fixture.machine({ url: proxy.url });
    await laptop.pull();
    await fill(desk, { 'n/big': 40 * megabyte, 'n/other': 10 * megabyte, 'n/small': 10 });
    await desk.push();
    const passed = proxy.after(30 * megabyte);
    const pull = laptop.pull(false, { only: new Set(['n/big']) });
    await passed;
    await Promise.all([laptop.close(), expect(pull).rejects.toMatchObject({ code: 'cancelled' })]);
    const again = await reopened(laptop);
    await between(again);
    expect(await bytesOf(() => again.pull(false, { only: new Set(['n/big']) }))).toBeLessThan(18 * megabyte);
    await again.pull();
    expect(await readdir(join(laptop.storage, 'staging'))).toEqual([]);
  });

  it('leaves nothing of files that the server has lost or that are no longer wanted', async () => {
    const desk = await fixture.machine();
    await fill(desk, { 'n/big': 20 * megabyte, 'n/other': 10 });
    await pushed(desk);
    const laptop = await fixture.machine({ url: proxy.url });
    const passed = proxy.after(10 * megabyte);
    const pull = laptop.pull();
    await passed;
    await Promise.all([laptop.close(), expect(pull).rejects.toMatchObject({ code: 'cancelled' })]);
    await desk.delete('n/big');
    await desk.push();
    const again = await reopened(laptop);
    expect(await again.pull()).toMatchObject({ written: 1 });
    expect(existsSync(again.path('n/big'))).toBe(false);
    expect(await readdir(join(laptop.storage, 'staging'))).toEqual([]);
  });
});
