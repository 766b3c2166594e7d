import { PalmtreeError } from '../../errors';
import type { Replica } from '../replica/replica';

/** An active merge: it merges the version of `path` that the server has in `revision` into the local version. */
export interface ActiveMerge {
  readonly path: string;
  readonly revision: number;
  /** The hash of the server's version. */
  readonly theirs: string;
  /** The hash of the ancestor; null if both sides created the file. */
  readonly ancestor: string | null;
}

/** The hash of the ancestor at `path`; null if there is no ancestor. */
export function ancestorHash({ ancestor }: Replica, path: string): string | null {
  return ancestor.entries.get(path)?.hash ?? null;
}

export function noConflict(path: string): PalmtreeError {
  return new PalmtreeError('no_conflict', `no conflict at ${path}`, { details: { paths: [path] } });
}
