import type { Observation } from '../engine/observation';
import type { ErrorCode } from '../errors';
import type { ScanProgress, ScanRequest, ScanResult } from './ports';

/** What the scan worker is started with. */
export interface ScanWorkerData {
  readonly root: string;
  /** A folder for the probe of the file system's clock. */
  readonly storage: string | undefined;
  readonly honoursModes: boolean | undefined;
}

export type ToScanWorker =
  | { readonly kind: 'learn'; readonly seen: readonly Observation[]; readonly gone: readonly string[] }
  /** Forgets all that was known. */
  | { readonly kind: 'forget' }
  | {
      readonly kind: 'scan';
      readonly id: number;
      readonly request: Pick<ScanRequest, 'scope' | 'only' | 'verify'>;
      /** One 32-bit cell: anything but 0 stops the pass. */
      readonly stop: SharedArrayBuffer;
    };

export type FromScanWorker =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: ScanProgress }
  | { readonly kind: 'done'; readonly id: number; readonly result: ScanResult }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly subject: string | undefined;
    };
