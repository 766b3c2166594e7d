import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { stillHoldsAll, type FolderRecord } from './folderRecord';
import { failureOf, cancellationCheck } from '../threads/threadFailure';
import type { FromRecordChecker, RecordCheckerData, ToRecordChecker } from './scanMessages';

/** Folders are checked one after the other, and in between it is asked whether to go on. */
export function checkRecords(
  records: ReadonlyMap<string, FolderRecord>,
  { root, honoursModes }: Pick<RecordCheckerData, 'root' | 'honoursModes'>,
  onFolder: (files: number) => void,
): string[] {
  const changed: string[] = [];
  for (const [folder, record] of records) {
    onFolder(record.files.length);
    if (!stillHoldsAll(join(root, folder), record, honoursModes)) changed.push(folder);
  }
  return changed;
}

/** Checks its share of the records for the scan worker, each time it is asked to. */
export function serveRecordChecks(data: RecordCheckerData): void {
  const records = new Map<string, FolderRecord>();
  parentPort?.on('message', ({ put, removed, stop }: ToRecordChecker) => {
    for (const folder of removed) records.delete(folder);
    for (const [folder, record] of put) records.set(folder, record);
    try {
      const changed = checkRecords(records, data, cancellationCheck(stop));
      parentPort?.postMessage({ kind: 'checked', changed } satisfies FromRecordChecker);
    } catch (error) {
      parentPort?.postMessage({ kind: 'failed', ...failureOf(error) } satisfies FromRecordChecker);
    }
  });
}
