import { isDatabaseDiskFull } from '../database/sqliteError';

const fullCodes: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

/** Whether an operation on a file or on the database failed because the disk is full. */
export function isStorageFull(error: unknown): boolean {
  const isFileError = error instanceof Error && 'code' in error && fullCodes.includes(error.code);
  return isFileError || isDatabaseDiskFull(error);
}
