import { statSync, type BigIntStats } from 'node:fs';

/** A state of a regular file. Equal stamps mean that the file was not replaced, written or linked in between. */
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

export function stampFrom({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileStamp {
  return { dev, ino, size, mtimeNs, ctimeNs };
}

export function sameStamp(left: FileStamp, right: FileStamp | undefined): boolean {
  return sameExceptCtime(left, right) && left.ctimeNs === right?.ctimeNs;
}

/** Ignores the ctime, which changes when the file gets another link. */
export function sameExceptCtime(left: FileStamp, right: FileStamp | undefined): boolean {
  return (
    left.dev === right?.dev && left.ino === right.ino && left.size === right.size && left.mtimeNs === right.mtimeNs
  );
}
