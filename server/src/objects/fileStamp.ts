import { statSync, type BigIntStats } from 'node:fs';

/** Tells one state of a file from another: equal when nothing has replaced, written or linked it since. */
export interface FileStamp {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

export function stampOf(file: string): FileStamp | undefined {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats?.isFile() === true ? stampFrom(stats) : undefined;
}

export function sameStamp(left: FileStamp, right: FileStamp | undefined): boolean {
  return sameExceptCtime(left, right) && left.ctimeNs === right?.ctimeNs;
}

/** Leaves out the ctime, which another link changes too. */
export function sameExceptCtime(left: FileStamp, right: FileStamp | undefined): boolean {
  return (
    left.dev === right?.dev && left.ino === right.ino && left.size === right.size && left.mtimeNs === right.mtimeNs
  );
}

export function stampFrom({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileStamp {
  return { dev, ino, size, mtimeNs, ctimeNs };
}
