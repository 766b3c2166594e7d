import { isPalmtreeError, type PalmtreeError } from '../../errors';
import { freeBytes, isWritable } from '../../io/fs/disk/diskState';
import type { Connection } from '../replica/connection';
import type { StorageFolders } from '../replica/commandContext';
import type { RecoveryDeps } from './recovery';
import { isServerFailure } from './syncStatus';

/** A disk counts as no longer full when this much has become free. */
const freedBytes = 1 << 20;

/** The time for which the status shows an error whose cause cannot be checked. */
const shownMs = 60_000;

export interface CureDeps {
  readonly root: string;
  readonly folders: StorageFolders;
  readonly connection: Pick<Connection, 'server'>;
  readonly rescan: () => Promise<void>;
}

/** Returns the check for the cause of an error. One that the server's next response disproves needs none. */
export function cureCheck({ root, folders, connection, rescan }: CureDeps): RecoveryDeps['isCured'] {
  const isRsyncFound = async (): Promise<boolean> => {
    const { server } = connection;
    // Without rsync, only the next command finds out whether the server moves files by HTTP.
    return server !== undefined && (server.transport?.() === 'http' || (await succeeds(server.findRsync())));
  };
  // A successful scan shows its own result, which ends the halt.
  const isScanned = (): Promise<boolean> => succeeds(rescan());
  const checks: Partial<Record<PalmtreeError['code'], (error: PalmtreeError) => () => Promise<boolean>>> = {
    rsync_missing: () => isRsyncFound,
    rsync_unusable: () => isRsyncFound,
    root_gone: () => isScanned,
    disk_fault: () => isScanned,
    scan_failed: () => isScanned,
    store_failed: () => isScanned,
    store_locked: () => isScanned,
    disk_full: () => freeSpaceCheck([root, folders.backups]),
    read_only: (error) => {
      const { subject } = error.details;
      return subject === undefined ? isScanned : () => isWritable(subject);
    },
  };
  return (error) => {
    if (isServerFailure(error) || error.code === 'store_newer') return undefined;
    return checks[error.code]?.(error) ?? expiry();
  };
}

/** Only a command could find out whether the cause is gone. Until then, the error tells of the past. */
function expiry(): () => Promise<boolean> {
  const end = performance.now() + shownMs;
  return () => Promise.resolve(performance.now() >= end);
}

/** Returns a check whether one of the folders' disks has more free space than now. */
function freeSpaceCheck(folders: readonly string[]): () => Promise<boolean> {
  const free = (): Promise<number[]> => Promise.all(folders.map(freeBytes));
  const before = free();
  return async () => {
    const [then, now] = [await before, await free()];
    return now.some((bytes, index) => bytes >= (then[index] ?? 0) + freedBytes);
  };
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (!isPalmtreeError(error)) throw error;
    return false;
  }
}
