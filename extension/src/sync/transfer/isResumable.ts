import { isPalmtreeError, isServerAbsent, type ErrorCode } from '../../errors';
import { windowClosed } from '../ports/windowClosed';

/** Errors, besides a lost server, after which what was transferred is of use to the next command. */
const resumable: ReadonlySet<ErrorCode> = new Set([
  'stale_base',
  'session_busy',
  'session_not_found',
  'keeps_changing',
  'proxy_refused',
]);

/** Whether the next command can go on where this one stopped. The user did not cancel it. */
export function isResumable(error: unknown, signal: AbortSignal): boolean {
  if (!isPalmtreeError(error)) return false;
  if (resumable.has(error.code) || (error.code === 'cancelled' && signal.reason === windowClosed)) return true;
  return isServerAbsent(error);
}
