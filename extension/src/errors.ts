import type { WireErrorCode } from '../../server/src/contract/errorCodes';

/** Failures of the extension. `messages/errorTexts.ts` has the message for each. */
type LocalErrorCode =
  | 'cancelled'
  | 'no_folder'
  | 'untrusted'
  | 'not_connected'
  | 'invalid_url'
  | 'insecure_url'
  | 'invalid_tree'
  | 'server_unreachable'
  | 'ssh_missing'
  | 'ssh_host_unknown'
  | 'ssh_host_changed'
  | 'ssh_denied'
  | 'ssh_no_server'
  | 'ssh_no_node'
  | 'ssh_server_failed'
  | 'ssh_failed'
  | 'no_response'
  | 'too_slow'
  | 'too_much_data'
  | 'content_too_large'
  | 'not_a_palmtree_server'
  | 'redirected'
  | 'proxy_refused'
  | 'websocket_refused'
  | 'server_too_old'
  | 'not_trackable'
  | 'not_in_folder'
  | 'nothing_picked'
  | 'nothing_changed'
  | 'no_conflict'
  | 'no_merge'
  | 'not_mergeable'
  | 'conflict_markers'
  | 'changed_meanwhile'
  | 'not_aborted'
  | 'not_saved'
  | 'not_in_revision'
  | 'nothing_to_undo'
  | 'nothing_to_discard'
  | 'backup_deleted'
  | 'backup_gone'
  | 'deletion_guard'
  | 'root_gone'
  | 'scan_failed'
  | 'packing_failed'
  | 'store_newer'
  | 'store_locked'
  | 'store_failed'
  | 'disk_full'
  | 'read_only'
  | 'disk_fault'
  | 'rsync_missing'
  | 'rsync_unusable'
  | 'rsync_failed'
  | 'server_without_http'
  | 'connection_lost'
  | 'keeps_changing';

/** A code of the extension, or one that the server sent. */
export type ErrorCode = WireErrorCode | LocalErrorCode;

/** Values for the message of an error. */
export interface ErrorDetails {
  /** The paths that the error is about, relative to the workspace folder. */
  readonly paths?: readonly string[];
  /** stale_base: the server's revision. */
  readonly head?: number;
  /** rsync_failed: its exit code, or the signal that ended it. */
  readonly exit?: number | string;
  /**
   * The cause in the words of the system, rsync or the server, which are not translated. disk_fault: the system's error
   * code.
   */
  readonly reason?: string;
  /** no_response: how long the server was silent, in milliseconds. */
  readonly silenceMs?: number;
  /** proxy_refused, websocket_refused, server_unreachable: the HTTP status of a proxy's response. */
  readonly status?: number;
  /** redirected: the address that the server redirects to; empty if it names none. */
  readonly target?: string;
  /** The value that the message names: an address, a version, a folder. */
  readonly subject?: string;
  /** tree_renamed: the tree's new name. */
  readonly tree?: string;
  /** too_much_data, content_too_large: the limit in bytes. */
  readonly limit?: number;
  /** too_much_data: the largest number of files of a tree, if that is the limit. */
  readonly maxFiles?: number;
  /** disk_full, storage_full: the bytes that a command needs on the disk of `subject`, and those that it may use there. */
  readonly room?: { readonly needed: number; readonly free: number };
  /** nothing_to_undo: the paths whose version before the push was removed by retention. */
  readonly beforeRemoved?: readonly string[];
  /** nothing_to_undo: the change that was to be undone, if one was named, and why it cannot be. */
  readonly undo?: {
    readonly kind: 'pull' | 'other';
    /** The revision that a pull brought. */
    readonly revision: number | undefined;
    /** An ISO date and time. */
    readonly at: string | undefined;
    /** `changed`: all its paths have changed since. `elsewhere`: it was made with another server or tree. */
    readonly state: 'undone' | 'deleted' | 'changed' | 'elsewhere';
  };
  /** rsync_missing, rsync_unusable: the command that was tried, its fault, and a way to install a good one. */
  readonly rsync?: TriedRsync;
  /** deletion_guard: the effect of the plan. */
  readonly deletions?: {
    readonly direction: 'push' | 'pull';
    readonly deletes: number;
    readonly emptied: number;
    readonly tracked: number;
    /** Another folder is in the place of the workspace folder. */
    readonly isReplaced?: boolean;
    /** Folders whose tracked files are all missing on this disk; `''` is the workspace folder. */
    readonly missingFolders: readonly string[];
    /** Paths with a rule of their own that do not exist on this disk any more, without the folders above. */
    readonly vanishedPaths: readonly string[];
    /** Folders whose tracked files the plan would all delete on this disk. */
    readonly deletedFolders: readonly string[];
    /** Other folders with ten or more tracked files, all of which the plan would delete or empty. */
    readonly lostFolders: readonly string[];
  };
}

export interface TriedRsync {
  readonly command: string;
  readonly fault: 'missing' | 'failed' | 'openrsync' | 'unknown-version' | 'too-old';
  readonly version?: string;
  /** The shell command that installs rsync on this system, where it is known. */
  readonly install: string | undefined;
}

/** The extension's only error class: a code for programs, an English text for the log, details for the shown message. */
export class PalmtreeError extends Error {
  override readonly name = 'PalmtreeError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** The absolute path of the workspace folder whose operation failed. */
  root: string | undefined;
  /** Repeats the command that failed, with the same options. */
  again: (() => Promise<unknown>) | undefined;

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** Whether `error` is a PalmtreeError, with the given code if there is one. */
export function isPalmtreeError(error: unknown, code?: ErrorCode): error is PalmtreeError {
  return error instanceof PalmtreeError && (code === undefined || error.code === code);
}

const absenceCodes: ReadonlySet<ErrorCode> = new Set(['server_unreachable', 'no_response', 'connection_lost']);

/** Whether the server could not be reached or stopped responding. Its next response shows that this has passed. */
export function isServerAbsent(error: unknown): error is PalmtreeError {
  return error instanceof PalmtreeError && absenceCodes.has(error.code);
}
