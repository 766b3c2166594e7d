import { parentPort, workerData } from 'node:worker_threads';
import type { Observation } from '../engine/observation';
import { packObservations, unpackObservations } from './packedEntries';
import type { ScanProgress } from './ports';
import { failureOf, stopWhenTold } from './scanFailure';
import { helpScan } from './scanHelper';
import type { FromScanWorker, ScanHelperData, ScanWorkerData, ToScanWorker } from './scanMessages';
import { scanTogether } from './scanTeam';

const progressEveryMs = 100;
/** What crosses over at once: it takes the other side about a millisecond. */
const partSize = 1_000;

function serve(data: ScanWorkerData): void {
  const known = new Map<string, Observation>();
  // One after the other: nothing is learnt in the middle of a pass.
  let last: Promise<void> = Promise.resolve();
  parentPort?.on('message', (message: ToScanWorker) => {
    last = last.then(() => handle(data, known, message));
  });
}

async function handle(data: ScanWorkerData, known: Map<string, Observation>, message: ToScanWorker): Promise<void> {
  switch (message.kind) {
    case 'learn':
      for (const path of message.gone) known.delete(path);
      for (const observation of unpackObservations(message.seen)) known.set(observation.path, observation);
      return;
    case 'forget':
      return known.clear();
    case 'scan':
      return scan(data, known, message);
  }
}

async function scan(
  data: ScanWorkerData,
  known: Map<string, Observation>,
  { id, request, stop }: ToScanWorker & { kind: 'scan' },
): Promise<void> {
  const check = stopWhenTold(stop);
  let reported = performance.now();
  const onProgress = (progress: ScanProgress): void => {
    check();
    const now = performance.now();
    if (now - reported < progressEveryMs) return;
    reported = now;
    post({ kind: 'progress', id, progress });
  };
  try {
    onProgress({ files: 0, hashedBytes: 0 });
    const { seen, ...result } = await scanTogether({
      ...data,
      ...request,
      known,
      stop,
      onProgress,
    });
    for (const path of result.gone) known.delete(path);
    for (const observation of seen) known.set(observation.path, observation);
    for (let from = 0; from < seen.length; from += partSize) {
      const part = packObservations(seen.slice(from, from + partSize));
      post({ kind: 'seen', id, seen: part }, [part.buffer]);
    }
    post({ kind: 'done', id, result });
  } catch (error) {
    post({ kind: 'failed', id, ...failureOf(error) });
  }
}

function post(message: FromScanWorker, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

const data = workerData as ScanWorkerData | ScanHelperData;
if ('helps' in data) helpScan(data);
else serve(data);
