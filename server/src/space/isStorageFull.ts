const fullCodes: readonly unknown[] = ['ENOSPC', 'EDQUOT'];
/** SQLITE_FULL and SQLITE_IOERR_SHMSIZE, https://sqlite.org/rescode.html. */
const fullErrcodes: readonly unknown[] = [13, 4874];

/** Whether an operation failed because the disk is full. */
export function isStorageFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
  return fullCodes.includes(code) || fullErrcodes.includes(errcode);
}
