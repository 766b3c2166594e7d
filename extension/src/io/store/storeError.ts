import { dirname } from 'node:path';
import { PalmtreeError, type ErrorCode } from '../../errors';
import { diskFault, isDiskFault } from '../fs/disk/diskFault';
import { errnoOf, isFull } from '../fs/errno';

/** Whether an error of reading shows that the file is not an intact store. A RangeError shows that memory ran out. */
export function isDamage(error: unknown): boolean {
  return !(error instanceof PalmtreeError || error instanceof RangeError) && errnoOf(error) === undefined;
}

export function changedByOthers(): PalmtreeError {
  return new PalmtreeError('store_failed', 'another process wrote the store after it was read');
}

const codesByErrno: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EROFS: 'read_only',
  EACCES: 'read_only',
  EPERM: 'read_only',
};

/** Converts a system error of the disk to disk_full, read_only or disk_fault, and returns any other error as it is. */
export function asDiskError(error: unknown): unknown {
  const isReadOnly = errnoOf(error) === 'EROFS';
  if (!(error instanceof Error)) return error;
  if (!isReadOnly && !isFull(error)) return isDiskFault(error) ? diskFault(error) : error;
  const subject = 'path' in error && typeof error.path === 'string' ? dirname(error.path) : undefined;
  const details = { reason: error.message, ...(subject === undefined ? {} : { subject }) };
  return new PalmtreeError(isReadOnly ? 'read_only' : 'disk_full', error.message, { cause: error, details });
}

/** Converts any error of the store at `path` to disk_full, read_only or store_failed, unless it is a PalmtreeError. */
export function asStoreError(error: unknown, path: string): PalmtreeError {
  if (error instanceof PalmtreeError) return error;
  const code = codesByErrno[errnoOf(error) ?? ''] ?? 'store_failed';
  const reason = error instanceof Error ? error.message : String(error);
  return new PalmtreeError(code, `the store at ${path}: ${reason}`, {
    cause: error,
    details: { subject: path, reason },
  });
}
