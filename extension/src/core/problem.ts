import type { PathFault } from '../../../server/src/contract/paths';

export type ProblemReason =
  /** The path cannot name an entry of a tree. */
  | PathFault
  | 'name-not-utf8'
  /** Windows allows no name with this character: `with`. */
  | 'windows-character'
  /** Windows reserves the name for a device. */
  | 'windows-device'
  /** The name ends in a dot or a space, which Windows drops. */
  | 'windows-ending'
  /** This disk takes the path for `with`, another path that differs only in case. */
  | 'same-but-case'
  /** This disk takes the path for `with`, another path that differs only in how accents are encoded. */
  | 'same-but-accents'
  /** The server has an untracked file, `with`, where this path needs a folder. */
  | 'server-has-file'
  /** The server has a folder at this path, and in it the untracked file `with`. */
  | 'server-has-folder'
  /** A symlink to a target outside the workspace folder: `with`. */
  | 'link-outside'
  | 'link-target-not-utf8'
  /** A symlink with tracked paths below it. */
  | 'link-as-folder'
  | 'pipe'
  | 'socket'
  | 'device'
  /** `with` is the system's error code. */
  | 'unreadable'
  /** The file changed during each attempt to hash it. */
  | 'changing';

/** A path that cannot be synced, with the reason. It does not keep other paths from being synced. */
export interface Problem {
  readonly path: string;
  readonly reason: ProblemReason;
  /** The other path, or the value, that the reason is about. */
  readonly with?: string;
}
