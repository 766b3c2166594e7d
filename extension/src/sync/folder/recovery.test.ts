import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PalmtreeError } from '../../errors';
import { ManualTimers } from '../../../test/support/manualTimers';
import { Emitter } from './emitter';
import type { SyncState } from '../ports/syncState';
import { Recovery } from './recovery';

const full = new PalmtreeError('disk_full', 'x');
const other = new PalmtreeError('rsync_missing', 'x');

let timers: ManualTimers;
let cured: PalmtreeError[];
let checks: number;
let isGone: boolean;
let recovery: Recovery;
const changed = new Emitter<SyncState>((error) => {
  throw error;
});
const status: { error: PalmtreeError | undefined } & { onDidChange: typeof changed.event } = {
  error: undefined,
  onDidChange: changed.event,
};

beforeEach(() => {
  timers = new ManualTimers();
  cured = [];
  checks = 0;
  isGone = false;
  recovery = new Recovery({
    status,
    isCured: ({ code }) =>
      code === 'storage_full'
        ? undefined
        : () => {
            checks++;
            return Promise.resolve(isGone);
          },
    onCured: (error) => {
      cured.push(error);
      show(undefined);
      return Promise.resolve();
    },
    onDefect: (error) => {
      throw error;
    },
    wait: timers.wait,
  });
});
afterEach(() => {
  show(undefined);
  recovery.dispose();
  if (timers.running > 0) throw new Error(`${timers.running} timers are still running`);
});

function show(error: PalmtreeError | undefined): void {
  status.error = error;
  changed.fire({} as SyncState);
}

describe('the recovery from an error', () => {
  it('checks with growing pauses until the cause is gone', async () => {
    show(full);
    for (const pause of [2_000, 4_000, 8_000, 15_000, 30_000, 30_000]) await timers.fire(pause);
    await timers.started(30_000);
    expect([checks, cured]).toEqual([6, []]);
    isGone = true;
    await timers.fire(30_000);
    await expect.poll(() => cured).toEqual([full]);
  });

  it('checks at once when asked to', async () => {
    show(full);
    await timers.started(2_000);
    isGone = true;
    recovery.recheck();
    await expect.poll(() => cured).toEqual([full]);
  });

  it('follows the error that is shown', async () => {
    show(full);
    await timers.started(2_000);
    show(other);
    isGone = true;
    await timers.fire(2_000);
    await expect.poll(() => cured).toEqual([other]);
  });

  it('ends when a command has succeeded', async () => {
    show(full);
    await timers.started(2_000);
    show(undefined);
    expect(timers.running).toBe(0);
    recovery.recheck();
    expect(checks).toBe(0);
  });

  it('leaves an error that cannot be checked to the next command', () => {
    show(new PalmtreeError('storage_full', 'x'));
    expect(timers.running).toBe(0);
  });
});
