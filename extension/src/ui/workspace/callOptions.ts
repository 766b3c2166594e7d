import * as vscode from 'vscode';
import type { SyncedFolder, WorkspaceFolders } from './workspaceFolders';

/** Options that other extensions, keybindings and tests pass. With them a command asks nothing and rejects on failure. */
export interface CallOptions {
  /** The workspace folder, if there are several. */
  readonly folder?: vscode.Uri;
  /** push, pull: continues where the deletion guard would stop. pushForce: replaces; without it, it rejects. */
  readonly confirmed?: boolean;
  /** undoPush: the revision to undo. */
  readonly revision?: number;
  /** pushWithMessage: the message. */
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

/** The folder that the argument names (options, or the URI of a notification's button); else as `find` without a URI. */
export function targetFolder(folders: WorkspaceFolders, argument: unknown): Promise<SyncedFolder> {
  return folders.find(argument instanceof vscode.Uri ? argument : callOptions(argument)?.folder);
}
