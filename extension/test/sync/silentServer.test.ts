import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { transfer } from '../../src/io/transferFiles';
import type { TransferRequest } from '../../src/io/transfer/transferRequest';
import type { Reporter } from '../../src/sync/ports/serverBinding';
import { FaultyProxy } from '../support/servers/faultyProxy';
import { silent, until, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();
/** A busy machine may delay a response for seconds. */
const silenceMs = 4_000;
let proxy: FaultyProxy | undefined;

afterEach(async () => {
  thaw();
  await proxy?.close();
  proxy = undefined;
});

function freeze(): void {
  process.kill(fixture.server.pid, 'SIGSTOP');
}

function thaw(): void {
  process.kill(fixture.server.pid, 'SIGCONT');
}

/** A machine that has pushed `n/a.md` to a server that may be silent for some seconds. */
async function syncedMachine(url = fixture.server.url): Promise<Machine> {
  const desk = await fixture.machine({ url, silenceMs });
  await desk.write('n/a.md', 'one');
  await desk.sync.track(['n']);
  await desk.push();
  await desk.write('n/a.md', 'two');
  return desk;
}

describe('a frozen server', () => {
  it.each<[string, (desk: Machine) => Promise<unknown>]>([
    ['a push', (desk) => desk.push()],
    ['a pull', (desk) => desk.pull()],
    ['a rescan', (desk) => desk.sync.rescan(silent)],
    ['a plan', (desk) => desk.sync.plan(silent, 'push')],
    ['a look at the history', (desk) => desk.sync.history.revisions()],
  ])('ends %s with a clear error', async (_, command) => {
    const desk = await syncedMachine();
    freeze();
    await expect(command(desk)).rejects.toMatchObject({ code: 'no_response', details: { silenceMs: 4_000 } });
    thaw();
    await desk.push();
  });

  it('is left at once when the user cancels', async () => {
    const desk = await fixture.machine();
    await desk.write('n/a.md', 'one');
    await desk.sync.track(['n']);
    freeze();
    const stop = new AbortController();
    const steps: string[] = [];
    const reporter: Reporter = {
      ...silent,
      signal: stop.signal,
      step: ({ kind }) => {
        steps.push(kind);
        if (kind === 'awaitingServer') setImmediate(() => stop.abort());
      },
    };
    await expect(desk.sync.push(reporter)).rejects.toMatchObject({ code: 'cancelled' });
    expect(steps).toEqual(['scanning', 'awaitingServer']);
  });

  it('keeps no local work waiting', async () => {
    const desk = await fixture.machine();
    await desk.write('n/a.md', 'one');
    freeze();
    let isAnswered = false;
    const looking = desk.sync.rescan(silent).finally(() => (isAnswered = true));
    await until(desk, ({ waitingSince }) => waitingSince !== undefined);
    await desk.sync.track(['n']);
    desk.sync.onFileEvents(['n/a.md']);
    await until(desk, ({ counts }) => counts.outgoing === 1);
    await desk.sync.untrack(['n']);
    expect(desk.sync.state).toMatchObject({ kind: 'idle', isChecked: false });
    expect(isAnswered).toBe(false);
    thaw();
    await looking;
    expect(desk.sync.state).toMatchObject({ isChecked: true, waitingSince: undefined });
  });

  it('is found again when it goes on', async () => {
    const desk = await syncedMachine();
    freeze();
    await expect(desk.push()).rejects.toMatchObject({ code: 'no_response' });
    expect(desk.sync.state.kind).toBe('halted');
    thaw();
    await until(desk, ({ kind, offline }) => kind === 'idle' && offline === undefined);
  });
});

describe('a connection that freezes during a transfer', () => {
  it.each<['push' | 'pull', (desk: Machine, laptop: Machine) => [Machine, Promise<unknown>]]>([
    ['push', (desk) => [desk, desk.push()]],
    ['pull', (_, laptop) => [laptop, laptop.pull()]],
  ])('is replaced, though the clock is set back, and the %s goes on where it stopped', async (direction, start) => {
    const open = (proxy = await FaultyProxy.open(fixture.server.url));
    const quickly = (request: TransferRequest) => transfer({ ...request, silenceMs: 2_000 });
    const content = randomBytes(24 << 20);
    const machine = (slow: boolean) =>
      fixture.machine(
        slow ? { url: open.url, transfer: quickly, tree: `frozen-${direction}` } : { tree: `frozen-${direction}` },
      );
    const [desk, laptop] = [await machine(direction === 'push'), await machine(direction === 'pull')];
    await desk.write('big.bin', content);
    await desk.sync.track(['big.bin']);
    if (direction === 'pull') await desk.push();
    const [mover, moving] = start(desk, laptop);
    const state = await until(mover, (now) => now.kind === 'transferring' && (now.progress?.bytes ?? 0) > 0);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    open.freeze();
    expect(state.kind).toBe('transferring');
    const lost = await until(mover, (now) => now.kind === 'transferring' && now.progress?.isReconnecting === true);
    expect(lost).toMatchObject({ progress: { totalBytes: content.length } });
    open.thaw();
    await moving;
    expect(mover.sync.state).toMatchObject({ kind: 'idle' });
    if (direction === 'push') await laptop.pull();
    expect(await readFile(laptop.path('big.bin'))).toEqual(content);
  });
});

describe('a connection that breaks', () => {
  const breaks: [string, (open: FaultyProxy) => void][] = [
    ['freezes', (open) => open.freeze()],
    ['freezes, and refuses new connections', (open) => (open.freeze(), open.refuse())],
    ['is cut, and refuses new connections', (open) => (open.cut(), open.refuse())],
  ];

  it.each(breaks)('and %s is noticed, and the status heals by itself', async (_, breakConnection) => {
    proxy = await FaultyProxy.open(fixture.server.url);
    const desk = await syncedMachine(proxy.url);
    await until(desk, ({ offline, isChecked }) => isChecked && offline === undefined);
    breakConnection(proxy);
    const failure = await desk.push().catch((error: unknown) => error);
    expect(['no_response', 'server_unreachable']).toContain((failure as { code: string }).code);
    const laptop = await fixture.machine();
    await laptop.write('other.md', 'pushed meanwhile');
    await laptop.sync.track(['other.md']);
    await laptop.pull();
    await laptop.push();
    expect(desk.sync.state.kind).toBe('halted');
    proxy.thaw();
    await until(desk, ({ kind, offline, counts }) => kind === 'idle' && offline === undefined && counts.incoming === 1);
  });

  it('is noticed by a look at the history, and live updates are connected anew', async () => {
    proxy = await FaultyProxy.open(fixture.server.url);
    const desk = await syncedMachine(proxy.url);
    await until(desk, () => desk.sync.connectionCount > 0);
    const { connectionCount } = desk.sync;
    proxy.freeze();
    await expect(desk.sync.history.revisions()).rejects.toMatchObject({ code: 'no_response' });
    proxy.thaw();
    await until(desk, ({ offline }) => desk.sync.connectionCount > connectionCount && offline === undefined);
    expect((await desk.sync.history.revisions()).revisions).toHaveLength(1);
  });

  it('is noticed without a command, with the time of the next attempt', async () => {
    proxy = await FaultyProxy.open(fixture.server.url);
    const desk = await syncedMachine(proxy.url);
    await until(desk, ({ isChecked }) => isChecked);
    proxy.cut();
    proxy.refuse();
    const { nextTryAt = 0 } = await until(desk, ({ offline }) => offline !== undefined);
    expect(nextTryAt).toBeGreaterThan(Date.now() - 1_000);
    proxy.thaw();
    await until(desk, (state) => state.offline === undefined && state.nextTryAt === undefined);
  });
});
