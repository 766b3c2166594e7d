import { parentPort } from 'node:worker_threads';
import { FileClock } from './fileClock';
import { packObservations } from '../entries/packedEntries';
import { lookAt } from './scanBatch';
import { failureOf, cancellationCheck } from '../threads/threadFailure';
import type { FromScanHelper, ScanHelperData, ToScanHelper } from './scanMessages';

const bufferBytes = 1 << 20;
/** What is hashed between two reports of it. */
const reportedBytes = 1 << 24;

/** Looks at batch after batch for the scan worker, which ends this thread with the pass. */
export function helpScan({ look, clock, stop, done }: ScanHelperData): void {
  const batches = new Int32Array(done);
  const check = cancellationCheck(stop);
  let hashed = 0;
  const options = {
    ...look,
    clock: new FileClock(clock),
    buffer: new Uint8Array(bufferBytes),
    onBytes: (bytes: number) => {
      check();
      hashed += bytes;
      if (hashed >= reportedBytes) report();
    },
    onFile: check,
  };
  function report(): void {
    post({ kind: 'hashed', bytes: hashed });
    hashed = 0;
  }
  parentPort?.on('message', (batch: ToScanHelper) => {
    try {
      check();
      const { seen, ...rest } = lookAt(batch.split('\0'), () => undefined, options);
      report();
      post({ kind: 'looked', seen: packObservations(seen), ...rest });
    } catch (error) {
      post({ kind: 'failed', ...failureOf(error) });
    }
    Atomics.add(batches, 0, 1);
  });
}

function post(message: FromScanHelper): void {
  parentPort?.postMessage(message);
}
