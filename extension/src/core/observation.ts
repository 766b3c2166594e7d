import type { Entry } from './entry';

/** What one look at the disk saw: an entry, and what must be unchanged for its hash to be trusted again. */
export interface Observation extends Entry {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly ctimeNs: bigint;
  /** Changed so close to its hashing that a later write might not show: it is hashed again next time. */
  readonly racy: boolean;
}

export type ProblemReason =
  /** The name cannot travel: not UTF-8, a backslash, too long. */
  | 'name'
  /** A name that the system of this disk has no place for. */
  | 'name-here'
  /** The disk takes its name for that of another path. */
  | 'name-clash'
  /** The server has a folder where it is a file, or a file where it is a folder, which takes no part here. */
  | 'place-taken'
  /** A symlink that points out of the workspace folder. */
  | 'link-outside'
  /** Neither file, symlink nor folder: a socket, a device. */
  | 'special'
  | 'unreadable'
  /** It was written each time while it was hashed. */
  | 'changing';

/** A path that cannot be synced, with the reason; it holds back itself alone. */
export interface Problem {
  readonly path: string;
  readonly reason: ProblemReason;
  /** A sentence for the user, with what to do. */
  readonly detail: string;
}
