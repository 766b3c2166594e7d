import { PalmtreeError } from '../../errors';
import { errnoOf } from '../fs/errno';

/** Whether the error says that the file holds no store. A RangeError is of memory that was not to be had. */
export function isDamage(error: unknown): boolean {
  return !(error instanceof PalmtreeError || error instanceof RangeError) && errnoOf(error) === undefined;
}

export function written(): PalmtreeError {
  return new PalmtreeError('store_failed', 'another process has written the store since it was read');
}

/** What happened to the store at `path`, in our own terms. */
export function asStoreError(error: unknown, path: string): PalmtreeError {
  if (error instanceof PalmtreeError) return error;
  const errno = errnoOf(error);
  const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'disk_full' : 'store_failed';
  const reason = error instanceof Error ? error.message : String(error);
  return new PalmtreeError(code, `the store at ${path}: ${reason}`, {
    cause: error,
    details: { subject: path, stderr: reason },
  });
}
