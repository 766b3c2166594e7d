import type { FreezeRequest } from '../cold/freezeRequest';

export interface GcRequest extends FreezeRequest {
  /** Purges the trees that were deleted before this time, or all deleted ones. */
  readonly purgeBefore: Date | 'now';
  /** The share of the time in which it works; it pauses for the rest. */
  readonly workShare: number;
}
