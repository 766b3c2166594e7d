import { beforeEach, describe, expect, it, vi } from 'vitest';
import { PalmtreeError, type ErrorCode } from '../../errors';
import { storagePaths } from '../../io/openFolderStorage';
import type { ServerBinding } from '../ports/serverBinding';
import { cureCheck } from './cureCheck';

const disk = vi.hoisted(() => ({ free: new Map<string, number>(), isWritable: false }));
vi.mock('../../io/fs/disk/diskState', () => ({
  freeBytes: (folder: string) => Promise.resolve(disk.free.get(folder) ?? 0),
  isWritable: () => Promise.resolve(disk.isWritable),
}));

let scanFailure: PalmtreeError | undefined;
let rsyncFailure: PalmtreeError | undefined;

beforeEach(() => {
  disk.free = new Map([
    ['/ws', 1_000],
    ['/backups', 5_000],
  ]);
  disk.isWritable = false;
  scanFailure = new PalmtreeError('root_gone', 'x');
  rsyncFailure = new PalmtreeError('rsync_missing', 'x');
});

function checkFor(code: ErrorCode, subject?: string) {
  const server = {
    findRsync: () => (rsyncFailure === undefined ? Promise.resolve('rsync') : Promise.reject(rsyncFailure)),
  };
  const isCured = cureCheck({
    root: '/ws',
    folders: { ...storagePaths('/storage'), staging: '/staging', backups: '/backups' },
    connection: { server: server as unknown as ServerBinding },
    rescan: () => (scanFailure === undefined ? Promise.resolve() : Promise.reject(scanFailure)),
  });
  return isCured(new PalmtreeError(code, 'x', { details: subject === undefined ? {} : { subject } }));
}

describe('the check for the cause of a halt', () => {
  it('of a full disk waits until more is free than when it was full', async () => {
    const check = checkFor('disk_full');
    expect(await check?.()).toBe(false);
    disk.free.set('/ws', 2_000);
    expect(await check?.()).toBe(false);
    disk.free.set('/backups', 5_000 + (1 << 20));
    expect(await check?.()).toBe(true);
  });

  it.each(['rsync_missing', 'rsync_unusable'] as const)('of %s looks for rsync again', async (code) => {
    const check = checkFor(code);
    expect(await check?.()).toBe(false);
    rsyncFailure = undefined;
    expect(await check?.()).toBe(true);
  });

  it.each(['root_gone', 'scan_failed', 'store_failed', 'store_locked'] as const)('of %s scans again', async (code) => {
    const check = checkFor(code);
    expect(await check?.()).toBe(false);
    scanFailure = undefined;
    expect(await check?.()).toBe(true);
  });

  it('of a read-only disk tries the folder', async () => {
    const check = checkFor('read_only', '/ws');
    expect(await check?.()).toBe(false);
    disk.isWritable = true;
    expect(await check?.()).toBe(true);
  });

  it.each(['storage_full', 'internal', 'rsync_failed'] as const)('of %s gives it up after a minute', async (code) => {
    vi.useFakeTimers();
    const check = checkFor(code);
    vi.advanceTimersByTime(59_000);
    expect(await check?.()).toBe(false);
    vi.advanceTimersByTime(1_000);
    expect(await check?.()).toBe(true);
    vi.useRealTimers();
  });

  it.each(['unauthorized', 'no_response', 'tree_not_found'] as const)('of %s is left to the server', (code) => {
    expect(checkFor(code)).toBeUndefined();
  });

  it('reports a defect', async () => {
    rsyncFailure = new TypeError('a bug') as unknown as PalmtreeError;
    await expect(checkFor('rsync_missing')?.()).rejects.toThrow('a bug');
  });
});
