import { PalmtreeError } from '../errors';
import { errnoOf } from './durable';

/** What happened to the store at `path`, in our own terms. */
export function asStoreError(error: unknown, path: string): PalmtreeError {
  if (error instanceof PalmtreeError) return error;
  const errno = errnoOf(error);
  const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'disk_full' : 'store_failed';
  const reason = error instanceof Error ? error.message : String(error);
  return new PalmtreeError(code, `the store at ${path}: ${reason}`, {
    cause: error,
    details: { subject: path },
  });
}
