import * as vscode from 'vscode';
import type { SyncedFolder, WorkspaceFolders } from './workspaceFolders';

/**
 * Options that other extensions, keybindings and tests pass. A command that is called with them rejects on failure, and
 * asks only for values that they leave out.
 */
export interface CallOptions {
  /** The workspace folder, if there are several. */
  readonly folder?: vscode.Uri;
  /**
   * push, pull: continues where the deletion guard would stop. pushForce, undoPush, undoPull: runs at once; without
   * this, pushForce rejects and the others ask.
   */
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

/** The folder that options or a notification's URI name; else the one that `find` returns without a URI. */
export function targetFolder(folders: WorkspaceFolders, argument: unknown): Promise<SyncedFolder> {
  return folders.find(argument instanceof vscode.Uri ? argument : callOptions(argument)?.folder);
}
