import type { Problem } from '../../core/problem';
import type { ClockReading } from './fileClock';
import type { FolderRecord } from './folderRecord';
import type { Packed } from '../entries/packedEntries';
import type { ScanProgress, ScanRequest, ScanResult } from './scannerPort';
import type { ThreadFailure } from '../threads/threadFailure';

/** What the scan worker is started with. */
export interface ScanWorkerData {
  readonly root: string;
  /** A folder for the probe of the file system's clock. */
  readonly storage: string | undefined;
  readonly honoursModes: boolean | undefined;
  /** The worker's own script, for the threads that help it. */
  readonly script: string;
}

export type ToScanWorker =
  | {
      readonly kind: 'learn';
      readonly seen: Packed;
      readonly gone: readonly string[];
    }
  /** Forgets all that was known. */
  | { readonly kind: 'forget' }
  | {
      readonly kind: 'scan';
      readonly id: number;
      readonly request: Pick<ScanRequest, 'scope' | 'only' | 'verify'>;
      /** One 32-bit cell: anything but 0 stops the pass. */
      readonly stop: SharedArrayBuffer;
    };

/** What was seen comes in parts before the end of the pass, so that none of them is long to take in. */
export type FromScanWorker =
  | {
      readonly kind: 'progress';
      readonly id: number;
      readonly progress: ScanProgress;
    }
  | { readonly kind: 'seen'; readonly id: number; readonly seen: Packed }
  | {
      readonly kind: 'done';
      readonly id: number;
      readonly result: Omit<ScanResult, 'changed'>;
    }
  | ({ readonly kind: 'failed'; readonly id: number } & ThreadFailure);

/** What a thread is started with that helps the scan worker in one pass. */
export interface ScanHelperData {
  readonly helps: true;
  readonly look: {
    readonly root: string;
    readonly realRoot: string;
    readonly verify: boolean;
    readonly honoursModes: boolean;
  };
  readonly clock: ClockReading;
  readonly stop: SharedArrayBuffer;
  /** How many batches were done, as a 32-bit integer: to be read without waiting for a message. */
  readonly done: SharedArrayBuffer;
}

/**
 * Paths to be looked at as if nothing were known of them, with a NUL between each two: one text crosses over in a tenth
 * of the time that its pieces take.
 */
export type ToScanHelper = string;

export type FromScanHelper =
  | { readonly kind: 'hashed'; readonly bytes: number }
  | {
      readonly kind: 'looked';
      readonly seen: Packed;
      readonly gone: readonly string[];
      readonly folders: readonly string[];
      readonly problems: readonly Problem[];
    }
  | ({ readonly kind: 'failed' } & ThreadFailure);

/** What a thread is started with that checks folder records for the scan worker. */
export interface RecordCheckerData {
  readonly checks: true;
  readonly root: string;
  readonly honoursModes: boolean;
}

/** Brings the records up to date, and has all of them checked. */
export interface ToRecordChecker {
  readonly put: readonly (readonly [folder: string, record: FolderRecord])[];
  readonly removed: readonly string[];
  readonly stop: SharedArrayBuffer;
}

export type FromRecordChecker =
  { readonly kind: 'checked'; readonly changed: readonly string[] } | ({ readonly kind: 'failed' } & ThreadFailure);
