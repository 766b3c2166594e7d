import type { PathFault } from '../../../server/src/contract/paths';
import { parentFolders } from './paths';
import { isSharedFile, sharedFiles } from './sharedFiles';

export const gitignoreName = '.gitignore';

/** Whether some disk takes `name` for `.gitignore`. */
export function isGitignoreName(name: string): boolean {
  return name.toLowerCase() === gitignoreName;
}

/** The reason why the patterns of a `.gitignore` file are unknown. */
export type GitignoreFault =
  /** A symlink, which git does not follow at this name either. */
  | 'gitignore-link'
  /** A folder, pipe, socket or device. */
  | 'gitignore-not-a-file'
  | 'gitignore-too-large'
  /** It has NUL bytes, as UTF-16 has. */
  | 'gitignore-not-text'
  /** `with` is the system's error code. */
  | 'gitignore-unreadable';

/** Why the patterns of a file of the shared rules are unknown. */
export type SharedFault =
  /** A symlink, as with `gitignore-link`. */
  | 'shared-link'
  /** A folder, pipe, socket or device. */
  | 'shared-not-a-file'
  | 'shared-too-large'
  /** It is not UTF-8, or has NUL bytes. */
  | 'shared-not-text'
  /** `with` is the system's error code. */
  | 'shared-unreadable'
  | 'shared-not-json'
  | 'shared-not-an-object'
  /** `exclude` is not an array of patterns. */
  | 'shared-exclude';

export type ProblemReason =
  /** The path cannot name an entry of a tree. */
  | PathFault
  | 'name-not-utf8'
  /** With the path of the workspace folder, the path is longer than this system allows. */
  | 'path-too-long-here'
  /** With the path of this extension's storage, the path is longer than this system allows. */
  | 'path-too-long-to-stage'
  /** With the path of the server's data folder, the path is longer than its system allows. */
  | 'path-too-long-there'
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
  /** The server refuses the symlink: with others there, it would lead outside the tree. */
  | 'link-refused'
  | 'link-target-not-utf8'
  /** A symlink with tracked paths below it. */
  | 'link-as-folder'
  | 'pipe'
  | 'socket'
  | 'device'
  /** Nothing in the folder of such a `.gitignore` is syncable: its patterns may exclude any path there. */
  | GitignoreFault
  /** Nothing in the workspace folder is syncable: the patterns may exclude any path. */
  | SharedFault
  /** A setting of the shared rules, `with`, is not true or false. It does not count. */
  | 'setting-not-boolean'
  /** The disk that was mounted at this folder is not mounted. */
  | 'disk-missing'
  /** Another disk is mounted at this folder than at the last scan. */
  | 'disk-replaced'
  /** The kernel generates the files of this folder, as in /proc. Some have no end. */
  | 'virtual-files'
  /** `with` is the system's error code. */
  | 'unreadable'
  /** The file changed during each attempt to hash it. */
  | 'changing'
  /** The file changed each time a push sent it. */
  | 'busy'
  /** The file has the conflict markers of an unfinished merge, which began under another path. */
  | 'conflict-markers';

/** A path that cannot be synced, with the reason. It does not keep other paths from being synced. */
export interface Problem {
  readonly path: string;
  readonly reason: ProblemReason;
  /** The other path, or the value, that the reason is about. */
  readonly with?: string;
}

/**
 * Whether a problem keeps `path` from being synced: its own, that of a folder or a `.gitignore` above it, or one of the shared
 * rules.
 */
export function isBlockedByProblem(path: string, problems: ReadonlyMap<string, Problem>): boolean {
  if (problems.size === 0) return false;
  if (isFaultyContent(problems.get(path))) return hasGitignoreFault('', problems);
  if (problems.has(path) || hasGitignoreFault('', problems) || hasSharedFault(problems)) return true;
  for (const folder of parentFolders(path)) {
    if (problems.has(folder) || hasGitignoreFault(folder, problems)) return true;
  }
  return false;
}

function hasGitignoreFault(folder: string, problems: ReadonlyMap<string, Problem>): boolean {
  const problem = problems.get(folder === '' ? gitignoreName : `${folder}/${gitignoreName}`);
  return problem?.reason.startsWith('gitignore-') === true;
}

function hasSharedFault(problems: ReadonlyMap<string, Problem>): boolean {
  return sharedFiles.some((file) => isSharedFault(problems.get(file)));
}

/**
 * Whether `problem` is a fault in the content of a file of the shared rules. Such a file is not pushed, but a pull or a decision
 * may mend it.
 */
export function isFaultyContent(problem: Problem | undefined): problem is Problem {
  return problem !== undefined && isSharedFile(problem.path) && contentFaults.has(problem.reason);
}

const contentFaults: ReadonlySet<ProblemReason> = new Set([
  'shared-too-large',
  'shared-not-text',
  'shared-not-json',
  'shared-not-an-object',
  'shared-exclude',
  'setting-not-boolean',
]);

/** Whether nothing in the workspace folder is syncable because of `problem`. */
export function isSharedFault(problem: Problem | undefined): boolean {
  return problem?.reason.startsWith('shared-') === true;
}
