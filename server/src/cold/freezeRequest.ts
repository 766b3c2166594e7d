export interface FreezeRequest {
  /** Only finds out what would be freed. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly report: (progress: string) => void;
}
