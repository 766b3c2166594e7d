/** Errors of a damaged file system, or of a disk that cannot read a sector. Other files may be whole. */
const faultCodes: readonly unknown[] = ['EIO', 'EUCLEAN', 'EBADMSG', 'EREMOTEIO'];

/** Tells of a file to which the disk gives no access. `fault` is a clause. */
export type OnFault = (fault: string) => void;

/** Whether an operation that names a file, such as open or stat, failed because the disk is damaged there. */
export function isDiskFault(error: unknown): error is NodeJS.ErrnoException & { readonly path: string } {
  return error instanceof Error && 'path' in error && 'code' in error && faultCodes.includes(error.code);
}

/** Tells `onFault` of a damaged file. Throws any other error. */
export function tellFault(error: unknown, onFault: OnFault): void {
  if (!isDiskFault(error)) throw error;
  onFault(`${error.path} cannot be accessed (${error.code})`);
}
