import { parentPort } from 'node:worker_threads';
import { packObservations } from '../../entries/packedEntries';
import { failureOf } from '../../threads/threadFailure';
import { FileClock } from '../disks/fileClock';
import { inspectBatch } from './inspectBatch';
import type { FromScanHelper, ScanHelperData, ToScanHelper } from '../scanMessages';
import { stopCheck } from '../stopCheck';

const bufferBytes = 1 << 20;
/** Bytes that are hashed between two reports. */
const reportBytes = 1 << 24;

/** Runs in a thread of its own: inspects batches for the scan worker, which ends the thread with the scan. */
export function helpScan({ inspectOptions, clock, stop, doneBatches }: ScanHelperData): void {
  const done = new Int32Array(doneBatches);
  const throwIfStopped = stopCheck(stop);
  let hashedBytes = 0;
  const options = {
    ...inspectOptions,
    // The thread that gets the results corrects them.
    modelessDevices: new Set<bigint>(),
    clock: new FileClock(clock),
    buffer: new Uint8Array(bufferBytes),
    onBytes: (bytes: number) => {
      throwIfStopped();
      hashedBytes += bytes;
      if (hashedBytes >= reportBytes) report();
    },
    onFile: throwIfStopped,
  };
  function report(): void {
    post({ kind: 'hashed', bytes: hashedBytes });
    hashedBytes = 0;
  }
  parentPort?.on('message', (batch: ToScanHelper) => {
    try {
      throwIfStopped();
      const { changed, ...rest } = inspectBatch(batch.split('\0'), () => undefined, options);
      report();
      post({ kind: 'inspected', observations: packObservations(changed), ...rest });
    } catch (error) {
      post({ kind: 'failed', ...failureOf(error, 'scan_failed') });
    }
    Atomics.add(done, 0, 1);
  });
}

function post(message: FromScanHelper): void {
  parentPort?.postMessage(message);
}
