/** Primary result codes of SQLite, https://sqlite.org/rescode.html. */
const codes = { busy: 5, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 };

/** Whether another process has the lock that a statement needs. */
export function isBusy(error: unknown): boolean {
  return codeOf(error) === codes.busy;
}

/** Whether SQLite has met damage in the file. */
export function isDamage(error: unknown): error is Error {
  const code = codeOf(error);
  return code === codes.corrupt || code === codes.notADatabase;
}

/** The low byte of an extended result code is its primary result code. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
}
