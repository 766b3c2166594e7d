import { parentPort, workerData } from 'node:worker_threads';
import type { Observation } from '../engine/observation';
import { PalmtreeError } from '../errors';
import type { ScanProgress, ScanResult } from './ports';
import { scanPass } from './scan';
import type { FromScanWorker, ScanWorkerData, ToScanWorker } from './scanMessages';

const progressEveryMs = 100;

const data = workerData as ScanWorkerData;
const known = new Map<string, Observation>();

parentPort?.on('message', (message: ToScanWorker) => {
  switch (message.kind) {
    case 'learn':
      return learn(message.seen, message.gone);
    case 'forget':
      return known.clear();
    case 'scan':
      return post(scan(message));
  }
});

function post(message: FromScanWorker): void {
  parentPort?.postMessage(message);
}

function learn(seen: readonly Observation[], gone: readonly string[]): void {
  for (const path of gone) known.delete(path);
  for (const observation of seen) known.set(observation.path, observation);
}

function scan({ id, request, stop }: ToScanWorker & { kind: 'scan' }): FromScanWorker {
  const stopped = new Int32Array(stop);
  let reported = performance.now();
  const onProgress = (progress: ScanProgress): void => {
    if (Atomics.load(stopped, 0) !== 0) throw new PalmtreeError('cancelled', 'the scan was cancelled');
    const now = performance.now();
    if (now - reported < progressEveryMs) return;
    reported = now;
    post({ kind: 'progress', id, progress });
  };
  try {
    onProgress({ files: 0, hashedBytes: 0 });
    const result: ScanResult = scanPass({ ...data, ...request, known, onProgress });
    learn(result.seen, result.gone);
    return { kind: 'done', id, result };
  } catch (error) {
    if (error instanceof PalmtreeError) {
      return { kind: 'failed', id, code: error.code, message: error.message, subject: error.details.subject };
    }
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: 'failed', id, code: 'scan_failed', message, subject: undefined };
  }
}
