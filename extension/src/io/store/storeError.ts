import { PalmtreeError } from '../../errors';
import { errnoOf } from '../fs/errno';

/** Whether the error shows that the file is not a store. A RangeError shows that memory ran out. */
export function isDamage(error: unknown): boolean {
  return !(error instanceof PalmtreeError || error instanceof RangeError) && errnoOf(error) === undefined;
}

export function changedByOthers(): PalmtreeError {
  return new PalmtreeError('store_failed', 'another process wrote the store after it was read');
}

/** Converts any error with the store at `path`: to disk_full or store_failed, unless it has a code already. */
export function asStoreError(error: unknown, path: string): PalmtreeError {
  if (error instanceof PalmtreeError) return error;
  const errno = errnoOf(error);
  const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'disk_full' : 'store_failed';
  const reason = error instanceof Error ? error.message : String(error);
  return new PalmtreeError(code, `the store at ${path}: ${reason}`, {
    cause: error,
    details: { subject: path, reason },
  });
}
