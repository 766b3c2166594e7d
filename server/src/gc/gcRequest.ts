export interface GcRequest {
  /** Only finds out what would be freed. */
  readonly dryRun: boolean;
  /** Purges the trees that were deleted before this time, or all deleted ones. */
  readonly purgeBefore: Date | 'now';
  /** The share of the time in which it works; it pauses for the rest. */
  readonly workShare: number;
  readonly signal: AbortSignal;
  readonly report: (progress: string) => void;
}
