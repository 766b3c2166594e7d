import type { OnFault } from '../objects/diskFault';

export interface FreezeRequest {
  /** Only finds out what would be freed. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly report: (progress: string) => void;
}

/** Tells the administrator of a file that stays because the disk gives no access to it. */
export function leftOut({ report }: FreezeRequest): OnFault {
  return (fault) => report(`${fault}, so this gc leaves it as it is.`);
}
