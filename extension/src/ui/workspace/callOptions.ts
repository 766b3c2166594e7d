import * as vscode from 'vscode';
import { sourceControlOwner } from './sourceControlOwner';
import type { SyncedFolder, WorkspaceFolders } from './workspaceFolders';

/**
 * Options that other extensions, keybindings and tests pass. A command that is called with them rejects on failure, and
 * asks only for values that they leave out.
 */
export interface CallOptions {
  /** The workspace folder, if there are several. */
  readonly folder?: vscode.Uri;
  /**
   * push, pull, sync and these for a selection: continues where the deletion guard would stop. pull: compares all files anew if
   * the server no longer has the last synced revision. pullHeld, pullSelected, syncSelected, bringHere: pulls the held files
   * among the paths too. leaveOutHere: deletes the copies here that equal the server's. pushForce, undoPush, undoPull,
   * discard: runs at once; without this, pushForce and discard reject and the others ask.
   */
  readonly confirmed?: boolean;
  /**
   * The commands for a selection, discard, bringHere, leaveOutHere: the files and folders, as paths in the folder; `''` is the
   * whole folder.
   */
  readonly paths?: readonly string[];
  /** pushForce: the files to push although they have conflict markers, as paths in the folder. */
  readonly marked?: readonly string[];
  /** undoPush: the revision to undo. */
  readonly revision?: number;
  /** pushWithMessage, pushSelected, syncSelected: the message. */
  readonly message?: string;
}

/** True for a plain object, which only code passes: menus pass URIs and rows, and the palette passes nothing. */
export function isCallOptions(argument: unknown): argument is CallOptions {
  return (
    typeof argument === 'object' &&
    argument !== null &&
    Object.getPrototypeOf(argument) === Object.prototype &&
    !('owner' in argument)
  );
}

export function callOptions(argument: unknown): CallOptions | undefined {
  return isCallOptions(argument) ? argument : undefined;
}

/**
 * The folder that a row, a source control, options, a notification's URI or a click name; else the only one that
 * `isCandidate` accepts, or the one that the user picks among those. If it accepts none, every folder is a candidate.
 */
export function targetFolder(
  folders: WorkspaceFolders,
  argument: unknown,
  isCandidate: (owner: SyncedFolder) => boolean = () => true,
): Promise<SyncedFolder> {
  if (isFolderRow(argument)) return Promise.resolve(argument.owner);
  const owner = sourceControlOwner(argument);
  if (owner !== undefined) return Promise.resolve(owner);
  const uri = argument instanceof vscode.Uri ? argument : callOptions(argument)?.folder;
  const named = Array.isArray(argument) ? new Set(argument.map(String)) : undefined;
  return folders.find(uri, named === undefined ? isCandidate : ({ folder }) => named.has(folder.uri.toString()));
}

/** A row of a view that stands for a workspace folder. */
function isFolderRow(argument: unknown): argument is { readonly owner: SyncedFolder } {
  return typeof argument === 'object' && argument !== null && 'owner' in argument;
}

export function isConnected({ sync }: SyncedFolder): boolean {
  return sync.isConnected;
}
