import type { Problem } from '../../core/problem';
import type { Packed } from '../entries/packedEntries';
import type { ThreadFailure } from '../threads/threadFailure';
import type { ClockReading } from './disks/fileClock';
import type { FolderSnapshot } from './snapshots/folderSnapshot';
import type { InspectOptions } from './inspection/inspect';
import type { DiskTraits, ScanProgress, ScanRequest, ScanResult } from './scannerPort';

/** The start data of the scan worker. */
export interface ScanWorkerData {
  readonly role: 'worker';
  readonly root: string;
  /** A folder for the probe of the file system's clock. */
  readonly storage: string | undefined;
  /** The absolute paths of Palmtree's own folders, which are never synced. */
  readonly ownFolders: readonly string[];
  /** The worker's own script, for the threads that it starts. */
  readonly script: string;
}

export type ToScanWorker =
  | {
      /** Adds, replaces and removes known observations. */
      readonly kind: 'update';
      readonly observations: Packed;
      readonly removed: readonly string[];
    }
  /** Removes all known observations. */
  | { readonly kind: 'clear' }
  | { readonly kind: 'probe'; readonly id: number }
  | {
      readonly kind: 'scan';
      readonly id: number;
      readonly request: Pick<ScanRequest, 'scope' | 'only' | 'verify' | 'mounts' | 'probesMounts'> & {
        readonly honorsModes: boolean;
      };
      /** One 32-bit cell: anything but 0 stops the scan. */
      readonly stop: SharedArrayBuffer;
    };

/** Changed observations come in parts before `done`, so that the receiver never unpacks many at once. */
export type FromScanWorker =
  | { readonly kind: 'probed'; readonly id: number; readonly traits: DiskTraits }
  | {
      readonly kind: 'progress';
      readonly id: number;
      readonly progress: ScanProgress;
    }
  | { readonly kind: 'changed'; readonly id: number; readonly observations: Packed }
  | {
      readonly kind: 'done';
      readonly id: number;
      readonly result: Omit<ScanResult, 'changed'>;
    }
  | ({ readonly kind: 'failed'; readonly id: number } & ThreadFailure);

/** The start data of a thread that helps the scan worker with one scan. */
export interface ScanHelperData {
  readonly role: 'helper';
  readonly inspectOptions: Pick<InspectOptions, 'root' | 'realRoot' | 'verify' | 'honorsModes'>;
  readonly clock: ClockReading;
  readonly stop: SharedArrayBuffer;
  /** The number of finished batches as a 32-bit integer, which can be read without waiting for a message. */
  readonly doneBatches: SharedArrayBuffer;
}

/**
 * Paths to inspect without known observations, separated by NULs. Sending one string takes a tenth of the time of
 * sending an array.
 */
export type ToScanHelper = string;

export type FromScanHelper =
  | { readonly kind: 'hashed'; readonly bytes: number }
  | {
      readonly kind: 'inspected';
      readonly observations: Packed;
      readonly missing: readonly string[];
      readonly folders: readonly string[];
      readonly problems: readonly Problem[];
    }
  | ({ readonly kind: 'failed' } & ThreadFailure);

/** The start data of a thread that checks folder snapshots for the scan worker. */
export interface SnapshotCheckerData {
  readonly role: 'checker';
  readonly root: string;
}

/** Updates the thread's snapshots, and asks it to check all of them. */
export interface ToSnapshotChecker {
  readonly put: readonly (readonly [folder: string, snapshot: FolderSnapshot])[];
  readonly removed: readonly string[];
  readonly honorsModes: boolean;
  readonly stop: SharedArrayBuffer;
}

export type FromSnapshotChecker =
  { readonly kind: 'checked'; readonly changed: readonly string[] } | ({ readonly kind: 'failed' } & ThreadFailure);
