import type { Event, Uri } from 'vscode';

/**
 * The API of Palmtree Sync for other extensions. Copy this file into your project, and get the API with
 * `await vscode.extensions.getExtension<PalmtreeApi>('palmtree.palmtree-sync')?.activate()`.
 * Versions of the API follow those of the extension: a member is changed or removed only with its major version.
 */
export interface PalmtreeApi {
  /** The status of a workspace folder, by default the first; undefined if it is not open or the workspace is not trusted. */
  status(folder?: Uri): FolderStatus | undefined;
  /** Fires when the status of a folder changes. */
  readonly onDidChangeStatus: Event<void>;

  /**
   * Sends the changes of a folder to the server. Rejects with a PalmtreeApiError, and `stale_base` as its code if the server
   * has changes that are not here yet.
   */
  push(options?: PushCall): Promise<PushOutcome>;
  /** Brings the server's changes. Files that changed on both sides are merged or left as conflicts. */
  pull(options?: TransferCall): Promise<PullOutcome>;
  /** Pulls, then pushes, unless the pull leaves something for the user to decide or check. */
  sync(options?: PushCall): Promise<SyncOutcome>;

  /** Fires after each push of this window that changed the server, whoever asked for it. */
  readonly onDidPush: Event<PushOutcome>;
  /** Fires after each pull of this window that changed files of the folder, whoever asked for it. */
  readonly onDidPull: Event<PullOutcome>;
  /** Fires when files of a folder come into conflict. */
  readonly onDidConflict: Event<ConflictsFound>;
}

export interface FolderStatus {
  /** The workspace folder. */
  readonly folder: Uri;
  /** The server's address; undefined while the folder is not connected. */
  readonly server: string | undefined;
  readonly tree: string | undefined;
  /** The last synced revision of the tree; 0 before the first. */
  readonly revision: number;
  readonly activity: 'starting' | 'unconnected' | 'idle' | 'conflicted' | 'scanning' | 'pushing' | 'pulling' | 'halted';
  /** The reason of `halted`. */
  readonly error: PalmtreeApiError | undefined;
  /** The number of tracked files on this disk. */
  readonly tracked: number;
  /** The numbers of paths with changes to push and to pull, in conflict, with problems, and held until the user decides. */
  readonly toPush: number;
  readonly toPull: number;
  readonly conflicts: number;
  readonly problems: number;
  readonly held: number;
}

export interface TransferCall {
  /** The workspace folder. Without it, the user picks one if several are connected. */
  readonly folder?: Uri;
  /** Only the changes at and in these paths, relative to the folder, with `/`. */
  readonly paths?: readonly string[];
  /** Continues where the deletion guard would stop. */
  readonly confirmed?: boolean;
}

export interface PushCall extends TransferCall {
  /** A line for the server's history. */
  readonly message?: string;
}

export interface PushOutcome {
  readonly folder: Uri;
  /** The revision of the tree after the push. */
  readonly revision: number;
  /** The numbers of files that were sent and deleted. A renamed file counts as both. */
  readonly sent: number;
  readonly deleted: number;
  /** Paths that were left out, since they kept changing or have conflict markers. */
  readonly skipped: readonly string[];
}

export interface PullOutcome {
  readonly folder: Uri;
  readonly revision: number;
  /** The numbers of files that were written and deleted here. A renamed file counts as both. */
  readonly written: number;
  readonly deleted: number;
  /** Files in which the changes of both sides were merged. */
  readonly merged: readonly string[];
  /** Files that changed on both sides and need a decision of the user. */
  readonly conflicts: readonly string[];
  /** Paths that were left as they are, since they have unsaved edits or could not be written. */
  readonly skipped: readonly string[];
  /** Paths of others that stay on the server until the user agrees. */
  readonly held: readonly string[];
  /** Files that are no longer synced, because `.palmtreeignore` or `.palmtree.json`, which the pull brought, excludes them. */
  readonly excluded: readonly string[];
}

export interface SyncOutcome {
  readonly pull: PullOutcome;
  /** Undefined if the pull left something for the user. */
  readonly push: PushOutcome | undefined;
}

export interface ConflictsFound {
  readonly folder: Uri;
  /** The paths that came into conflict since the last event. */
  readonly paths: readonly string[];
}

/** An error whose message is for the user. */
export interface PalmtreeApiError extends Error {
  /** Names the kind of error, such as `stale_base`, `deletion_guard`, `not_connected` or `server_unreachable`. */
  readonly code: string;
  /** The paths that the error is about. */
  readonly paths: readonly string[];
}
