/** Primary result codes of SQLite, https://sqlite.org/rescode.html. */
const codes = { busy: 5, corrupt: 11, full: 13, notADatabase: 26 };
/** SQLITE_IOERR_SHMSIZE, an extended result code: the file of shared memory could not grow. */
const noRoomForSharedMemory = 4874;

/** Whether another process has the lock that a statement needs. */
export function isBusy(error: unknown): boolean {
  return codeOf(error) === codes.busy;
}

/** Whether SQLite has met damage in the file. */
export function isDamage(error: unknown): error is Error {
  const code = codeOf(error);
  return code === codes.corrupt || code === codes.notADatabase;
}

/** Whether SQLite found no room on the disk. */
export function isDatabaseDiskFull(error: unknown): boolean {
  return codeOf(error) === codes.full || extendedCodeOf(error) === noRoomForSharedMemory;
}

/** The low byte of an extended result code is its primary result code. */
function codeOf(error: unknown): number | undefined {
  const code = extendedCodeOf(error);
  return code === undefined ? undefined : code & 0xff;
}

function extendedCodeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) : undefined;
}
