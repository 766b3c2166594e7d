import { randomBytes } from 'node:crypto';
import { appendFile, readdir, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { transfer } from '../../src/io/transferFiles';
import type { TransferRequest, TransferResult } from '../../src/io/transfer/transferRequest';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

interface Runs {
  readonly transfer: (request: TransferRequest) => Promise<TransferResult>;
  /** The paths of each run. */
  readonly paths: (readonly string[])[];
}

/** Transfers that call `change` before and after each run of rsync. */
function changingAround(change: (root: string, run: number) => Promise<void>): Runs {
  const runs: Runs = {
    paths: [],
    transfer: async (request) => {
      const run = runs.paths.push([...request.sizes.keys()]) - 1;
      await change(request.root, run);
      const result = await transfer(request);
      await change(request.root, run);
      return result;
    },
  };
  return runs;
}

async function openSessions(): Promise<string[]> {
  return readdir(join(fixture.server.dataDir, 'sessions'));
}

function problemReason(machine: Machine, path: string): string | undefined {
  return machine.sync.problemAt(path)?.reason;
}

describe('a file that keeps changing', () => {
  it('is left out after the second plan, and nothing else is sent twice', async () => {
    const runs = changingAround((root) => appendFile(join(root, 'n/log'), 'another line\n'));
    const desk = await fixture.machine({ transfer: runs.transfer });
    await desk.write('n/big', randomBytes(4_000_000));
    await desk.write('n/log', 'first line\n');
    await desk.sync.track(['n']);
    const pushed = await desk.push();
    expect(pushed).toMatchObject({ put: 1, skipped: [{ path: 'n/log', reason: 'busy' }] });
    expect(await fixture.pathsOnServer()).toEqual(['n/big']);
    expect(runs.paths.map((paths) => [...paths].sort())).toEqual([['n/big', 'n/log'], ['n/log']]);
    expect(pushed.uploadedBytes).toBeLessThan(4_100_000);
    expect(problemReason(desk, 'n/log')).toBe('busy');
    expect(desk.sync.state).toMatchObject({ kind: 'idle', counts: { problems: 1, outgoing: 0 } });
    expect(await openSessions()).toEqual([]);
  });

  it('is left out too if it grows so much that the server cuts the transfer', async () => {
    const runs = changingAround((root) => appendFile(join(root, 'n/log'), randomBytes(24 << 20)));
    const desk = await fixture.machine({ transfer: runs.transfer });
    await desk.write('n/other', 'other');
    await desk.write('n/log', 'first line\n');
    await desk.sync.track(['n']);
    expect(await desk.push()).toMatchObject({ put: 1, skipped: [{ path: 'n/log', reason: 'busy' }] });
    expect(await fixture.pathsOnServer()).toEqual(['n/other']);
    expect(await openSessions()).toEqual([]);
  });

  it('is pushed by the next push, once nothing writes to it', async () => {
    let isBusy = true;
    const runs = changingAround(async (root) => {
      if (isBusy) await appendFile(join(root, 'n/log'), 'x');
    });
    const desk = await fixture.machine({ transfer: runs.transfer });
    await desk.write('n/log', 'first');
    await desk.sync.track(['n']);
    expect(await desk.push()).toMatchObject({ put: 0, skipped: [{ path: 'n/log', reason: 'busy' }] });
    isBusy = false;
    expect(await desk.push()).toMatchObject({ put: 1, skipped: [] });
    expect(problemReason(desk, 'n/log')).toBeUndefined();
    expect(desk.sync.state.counts).toMatchObject({ problems: 0, outgoing: 0 });
  });

  it('is sent if it rests before the second plan', async () => {
    const runs = changingAround(async (root, run) => {
      if (run === 0) await appendFile(join(root, 'n/log'), 'x');
    });
    const desk = await fixture.machine({ transfer: runs.transfer });
    await desk.write('n/log', 'first');
    await desk.write('n/other', 'other');
    await desk.sync.track(['n']);
    expect(await desk.push()).toMatchObject({ put: 2, skipped: [] });
    expect(runs.paths[1]).toEqual(['n/log']);
  });

  it('is not sent again if it has not changed since it was sent', async () => {
    let runs = 0;
    const desk = await fixture.machine({
      transfer: async (request) => {
        if (runs++ === 0) await appendFile(desk.path('n/log'), 'x');
        return transfer(request);
      },
    });
    await desk.write('n/log', 'first');
    await desk.sync.track(['n']);
    expect(await desk.push()).toMatchObject({ put: 1, skipped: [] });
    expect(runs).toBe(1);
  });

  it('does not keep the others from being pushed while another program writes it', async () => {
    const desk = await fixture.machine();
    for (let number = 0; number < 50; number++) await desk.write(`n/${number}`, `${number}`);
    await desk.write('n/log', 'line\n'.repeat(1000));
    await desk.sync.track(['n']);
    let appended = Promise.resolve();
    const timer = setInterval(() => {
      appended = appended.then(() => appendFile(desk.path('n/log'), 'line\n'));
    }, 2);
    const pushed = await desk.push();
    clearInterval(timer);
    await appended;
    expect(pushed.put + pushed.skipped.length).toBeGreaterThanOrEqual(50);
    expect((await fixture.pathsOnServer()).filter((path) => path !== 'n/log')).toHaveLength(50);
  });

  const manyLogs = Array.from({ length: 40 }, (_, number) => `n/${number}.log`);

  it('does not stop the push if there are many of them, or nothing else', async () => {
    const runs = changingAround(async (root) => {
      for (const path of manyLogs) await appendFile(join(root, path), 'x');
    });
    const desk = await fixture.machine({ transfer: runs.transfer });
    for (const path of manyLogs) await desk.write(path, path);
    await desk.sync.track(['n']);
    const pushed = await desk.push();
    expect(pushed).toMatchObject({ put: 0, revision: 0 });
    expect(pushed.skipped.map(({ path }) => path).sort()).toEqual([...manyLogs].sort());
    expect(await openSessions()).toEqual([]);
    expect(desk.sync.state.counts).toMatchObject({ problems: 40, outgoing: 0 });
  });

  it('may be another file in each plan', async () => {
    const runs = changingAround((root, run) => appendFile(join(root, manyLogs[run] ?? ''), 'x'));
    const desk = await fixture.machine({ transfer: runs.transfer });
    for (const path of manyLogs.slice(0, 6)) await desk.write(path, path);
    await desk.sync.track(['n']);
    const pushed = await desk.push();
    expect(pushed.put + pushed.skipped.length).toBe(6);
    expect(pushed.put).toBeGreaterThan(0);
  });

  it('may be replaced by renaming, shrink, or be deleted and created again', async () => {
    let states = 0;
    const runs = changingAround(async (root, run) => {
      await writeFile(join(root, 'n/.state.new'), `state ${++states} of run ${run}`);
      await rename(join(root, 'n/.state.new'), join(root, 'n/state'));
      await truncate(join(root, 'n/shrinking'), 50_000 - states * 1_000);
      await rm(join(root, 'n/recreated'));
      await writeFile(join(root, 'n/recreated'), `created ${states}`);
    });
    const desk = await fixture.machine({ transfer: runs.transfer });
    await desk.write('n/kept', 'kept');
    await desk.write('n/state', 'state');
    await desk.write('n/shrinking', randomBytes(60_000));
    await desk.write('n/recreated', 'created');
    await desk.sync.track(['n']);
    const pushed = await desk.push();
    const skipped = pushed.skipped.map(({ path }) => path).sort();
    expect(skipped).toEqual(['n/recreated', 'n/shrinking', 'n/state']);
    expect(await fixture.pathsOnServer()).toEqual(['n/kept']);
  });

  it('that vanishes during each run is not part of the push', async () => {
    const runs = changingAround(async (root) => rm(join(root, 'n/lock'), { force: true }));
    const desk = await fixture.machine({ transfer: runs.transfer });
    await desk.write('n/lock', 'pid');
    await desk.write('n/kept', 'kept');
    await desk.sync.track(['n']);
    expect(await desk.push()).toMatchObject({ put: 1, skipped: [] });
    expect(await fixture.pathsOnServer()).toEqual(['n/kept']);
  });

  it('is sent if only its time changes', async () => {
    const runs = changingAround((root, run) => utimes(join(root, 'n/touched'), run, 1_000 + run));
    const desk = await fixture.machine({ transfer: runs.transfer });
    await desk.write('n/touched', 'touched');
    await desk.sync.track(['n']);
    expect(await desk.push()).toMatchObject({ put: 1, skipped: [] });
  });

  it('keeps its version on the server', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/log': 'first', 'n/other': 'first' });
    await desk.write('n/log', 'second');
    await desk.write('n/other', 'second');
    const runs = changingAround((root) => appendFile(join(root, 'n/log'), 'x'));
    const busy = await reopened(desk, runs.transfer);
    expect(await busy.push()).toMatchObject({ put: 1, skipped: [{ path: 'n/log' }] });
    const content = await busy.client.content(fixture.tree, { path: 'n/log', revision: busy.sync.state.revision });
    expect(Buffer.from(content).toString()).toBe('first');
  });

  it('is left out of a force push, which asks once', async () => {
    const runs = changingAround((root) => appendFile(join(root, 'n/log'), 'x'));
    const desk = await fixture.machine({ transfer: runs.transfer });
    await desk.write('n/big', randomBytes(1_000_000));
    await desk.write('n/log', 'first');
    await desk.sync.track(['n']);
    let questions = 0;
    const pushed = await desk.sync.forcePush(silent, () => Promise.resolve(++questions > 0));
    expect(pushed).toMatchObject({ put: 1, skipped: [{ path: 'n/log', reason: 'busy' }] });
    expect(pushed.uploadedBytes).toBeLessThan(1_100_000);
    expect(questions).toBe(1);
    expect(problemReason(desk, 'n/log')).toBe('busy');
    expect(await openSessions()).toEqual([]);
  });

  it('is not replaced by a pull, which brings the others', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/log': 'first', 'n/other': 'first' });
    await desk.write('n/log', 'second');
    await desk.write('n/other', 'second');
    await desk.push();
    const runs = changingAround(() => appendFile(laptop.path('n/log'), 'local line'));
    const busy = await reopened(laptop, runs.transfer);
    expect(await busy.pull()).toMatchObject({ written: 1, skipped: [{ path: 'n/log', reason: 'changed' }] });
    expect(await busy.read('n/log')).toBe('firstlocal linelocal line');
    expect(await busy.read('n/other')).toBe('second');
  });
});

/** Closes a machine and opens another window on its folder. */
async function reopened(closed: Machine, transferWith: Runs['transfer']): Promise<Machine> {
  await closed.close();
  return fixture.machine({ root: closed.root, storage: closed.storage, transfer: transferWith });
}
