import { PalmtreeError } from '../../../errors';
import { errnoOf } from '../errno';

/** System errors of sockets and processes, which the disk does not cause. */
const otherCalls = /^(connect|bind|listen|getaddrinfo|spawn|kill)\b/;

/** Whether a system call on a path failed, or one whose code says that the disk is gone or broken, or a limit is reached. */
export function isDiskFault(error: unknown): error is Error {
  if (errnoOf(error) === undefined || !(error instanceof Error)) return false;
  if ('path' in error && 'syscall' in error) return !otherCalls.test(String(error.syscall));
  return limitErrnos.has(errnoOf(error) ?? '');
}

/** Errors that calls on an open file give as well, which name no path. */
const limitErrnos: ReadonlySet<string> = new Set(['EIO', 'EMFILE', 'ENFILE', 'ESTALE', 'ENODEV', 'ENXIO', 'ENOTCONN']);

/** The disk_fault of a system error at `subject`, an absolute path; by default the path that the error names. */
export function diskFault(error: unknown, subject?: string): PalmtreeError {
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : '';
  const message = error instanceof Error ? error.message : String(error);
  const reason = errnoOf(error) ?? message;
  return new PalmtreeError('disk_fault', message, { cause: error, details: { subject: subject ?? path, reason } });
}
