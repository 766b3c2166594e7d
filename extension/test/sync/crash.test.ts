import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { transfer } from '../../src/io/transferFiles';
import type { TransferRequest, TransferResult } from '../../src/io/transfer/transferRequest';
import { expectSame, silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture('test');

const content = (n: number) => Buffer.alloc(4_000_000, `content ${n} `);

async function fill(target: Machine, files: number): Promise<void> {
  for (let n = 0; n < files; n++) await target.write(`d/${n}.bin`, Buffer.concat([Buffer.from(`${n}`), content(n)]));
}

/** A transfer that calls `then` when rsync reports the first transferred file. */
function afterFirstFile(then: () => void) {
  let called = false;
  return (request: TransferRequest): Promise<TransferResult> =>
    transfer({
      ...request,
      screen: {
        ...request.screen,
        write: (text) => {
          request.screen.write(text);
          if (called || !/xfr#1,/.test(text)) return;
          called = true;
          then();
        },
      },
    });
}

describe('kill -9 of the server', () => {
  it('during a push leaves no partial revision, and the same push succeeds after a restart', async () => {
    let killed: Promise<void> | undefined;
    const abort = new AbortController();
    const desk = await fixture.machine({
      transfer: afterFirstFile(() => {
        killed = fixture.server.kill('SIGKILL').then(() => abort.abort());
      }),
    });
    await fill(desk, 12);
    await desk.sync.track(['d']);
    await expect(desk.sync.push({ ...silent, signal: abort.signal })).rejects.toMatchObject({ code: 'cancelled' });
    expect(killed).toBeDefined();
    await killed;
    await fixture.server.restart();
    expect((await desk.client.files(fixture.tree, 0)).files).toEqual([]);
    expect(await desk.push()).toMatchObject({ revision: 1, put: 12 });
    const laptop = await fixture.machine();
    await laptop.pull();
    expectSame(await laptop.listing(), await desk.listing());
  });

  it('during a push, followed by a restart, does not stop the push', async () => {
    let restarted: Promise<void> | undefined;
    const desk = await fixture.machine({
      transfer: afterFirstFile(() => {
        restarted = fixture.server.kill('SIGKILL').then(() => fixture.server.restart());
      }),
    });
    await fill(desk, 12);
    await desk.sync.track(['d']);
    expect(await desk.push()).toMatchObject({ revision: 1, put: 12 });
    await restarted;
    expect(desk.retries).toBeGreaterThan(0);
  });

  it('during a commit: the same push succeeds after a restart, whether or not it was committed', async () => {
    const desk = await fixture.machine();
    await fill(desk, 12);
    await desk.sync.track(['d']);
    for (const delayMs of [0, 15, 60]) {
      await desk.write('d/changing', `${delayMs} ${'x'.repeat(3_000_000)}`);
      let killed: Promise<void> | undefined;
      const commitPush = desk.client.commitPush.bind(desk.client);
      desk.client.commitPush = (tree, id) => {
        desk.client.commitPush = commitPush;
        killed = new Promise((resolve) => setTimeout(() => resolve(fixture.server.kill('SIGKILL')), delayMs));
        return commitPush(tree, id);
      };
      // The response may come before or after the kill. The next push must succeed in both cases.
      await desk.push().catch(() => undefined);
      await killed;
      await fixture.server.restart();
      await desk.push();
      const table = await desk.client.files(fixture.tree, 0);
      expect(table.files).toHaveLength(13);
      expect(table.revision).toBe(desk.sync.state.revision);
      expect(desk.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, conflicts: 0 });
    }
    const laptop = await fixture.machine();
    await laptop.pull();
    expectSame(await laptop.listing(), await desk.listing());
  });

  it('during a pull leaves no partial file, and the same pull succeeds after a restart', async () => {
    const desk = await fixture.machine();
    await fill(desk, 12);
    await desk.sync.track(['d']);
    await desk.push();
    const abort = new AbortController();
    let killed: Promise<void> | undefined;
    const laptop = await fixture.machine({
      transfer: afterFirstFile(() => {
        killed = fixture.server.kill('SIGKILL').then(() => abort.abort());
      }),
    });
    await expect(laptop.sync.pull({ ...silent, signal: abort.signal })).rejects.toMatchObject({ code: 'cancelled' });
    expect(killed).toBeDefined();
    await killed;
    expect(await laptop.listing()).toEqual(new Map());
    expect(await readdir(join(laptop.storage, 'staging')).catch(() => [])).toEqual([]);
    await fixture.server.restart();
    expect(await laptop.pull()).toMatchObject({ written: 12 });
    expectSame(await laptop.listing(), await desk.listing());
  });
});

describe('cancelling', () => {
  it('during a push leaves both sides as they were', async () => {
    const abort = new AbortController();
    const desk = await fixture.machine({ transfer: afterFirstFile(() => abort.abort()) });
    await fill(desk, 12);
    await desk.sync.track(['d']);
    await expect(desk.sync.push({ ...silent, signal: abort.signal })).rejects.toMatchObject({ code: 'cancelled' });
    expect((await desk.client.files(fixture.tree, 0)).files).toEqual([]);
    expect(await readdir(join(fixture.server.dataDir, 'sessions'))).toEqual([]);
    expect(desk.sync.state.counts.outgoing).toBe(12);
  });
});

describe('a file that is written during a push', () => {
  it('is pushed as one of its versions, never as a mix', async () => {
    let runs = 0;
    const desk = await fixture.machine({
      transfer: async (request) => {
        if (runs++ === 0) await writeFile(join(request.root, 'd/0.bin'), 'changed after the scan');
        return transfer(request);
      },
    });
    await fill(desk, 2);
    await desk.sync.track(['d']);
    expect(await desk.push()).toMatchObject({ put: 2 });
    const laptop = await fixture.machine();
    await laptop.pull();
    expect(await laptop.read('d/0.bin')).toBe('changed after the scan');
    expectSame(await laptop.listing(), await desk.listing());
  });
});
