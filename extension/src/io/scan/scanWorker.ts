import { parentPort, workerData } from 'node:worker_threads';
import { parentOf } from '../../core/paths';
import type { Observation } from '../../core/observation';
import { FolderRecords } from './folderRecords';
import { packObservations, unpackObservations } from '../entries/packedEntries';
import type { ScanProgress } from './scannerPort';
import { serveRecordChecks } from './recordChecker';
import { failureOf, cancellationCheck } from '../threads/threadFailure';
import { helpScan } from './scanHelper';
import type { FromScanWorker, RecordCheckerData, ScanHelperData, ScanWorkerData, ToScanWorker } from './scanMessages';
import { scanTogether } from './scanTeam';

const progressEveryMs = 100;
/** What crosses over at once: it takes the other side about a millisecond. */
const partSize = 1_000;

function serve(data: ScanWorkerData): void {
  const honoursModes = data.honoursModes ?? process.platform !== 'win32';
  const known = new Map<string, Observation>();
  const records = new FolderRecords({ ...data, honoursModes });
  // One after the other: nothing is learnt in the middle of a pass.
  let last: Promise<void> = Promise.resolve();
  parentPort?.on('message', (message: ToScanWorker) => {
    last = last.then(() => handle({ data, known, records }, message));
  });
}

interface Served {
  readonly data: ScanWorkerData;
  readonly known: Map<string, Observation>;
  readonly records: FolderRecords;
}

async function handle(served: Served, message: ToScanWorker): Promise<void> {
  switch (message.kind) {
    case 'learn':
      return learn(served, unpackObservations(message.seen), message.gone);
    case 'forget':
      served.records.forgetAll();
      return served.known.clear();
    case 'scan':
      return scan(served, message);
  }
}

function learn({ known, records }: Served, seen: readonly Observation[], gone: readonly string[]): void {
  for (const path of gone) known.delete(path);
  for (const observation of seen) known.set(observation.path, observation);
  records.forgetAt(gone);
  records.forgetAt(seen.map(({ path }) => path));
}

async function scan(served: Served, { id, request, stop }: ToScanWorker & { kind: 'scan' }): Promise<void> {
  const { data, known, records } = served;
  const check = cancellationCheck(stop);
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
    const { scope, only, verify } = request;
    // A .gitignore may change what is left out in other folders than its own.
    const isRecorded = only === undefined && verify !== true && !scope.respectGitignore;
    const onFiles = (files: number): void => onProgress({ files, hashedBytes: 0 });
    const unchanged = isRecorded ? await records.unchanged(scope, known, stop, onFiles) : undefined;
    const pass = { ...data, ...request, known, unchanged, stop, onProgress };
    const { changed: seen, read, ...result } = await scanTogether(pass);
    learn(served, [], result.removed);
    for (let from = 0; from < seen.length; from += partSize) {
      const part = packObservations(seen.slice(from, from + partSize));
      // Both sides look into the same bytes from now on.
      learn(served, unpackObservations(part), []);
      post({ kind: 'seen', id, seen: part });
    }
    post({ kind: 'done', id, result });
    const odd = new Set(result.problems.map(({ path }) => parentOf(path)));
    if (isRecorded) records.note(read, known, (folder) => odd.has(folder));
  } catch (error) {
    post({ kind: 'failed', id, ...failureOf(error) });
  }
}

function post(message: FromScanWorker): void {
  parentPort?.postMessage(message);
}

const data = workerData as ScanWorkerData | ScanHelperData | RecordCheckerData;
if ('helps' in data) helpScan(data);
else if ('checks' in data) serveRecordChecks(data);
else serve(data);
