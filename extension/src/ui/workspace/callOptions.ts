import * as vscode from 'vscode';
import type { FolderConnection } from '../connect/connection';
import type { MergeDeps } from '../conflicts/merge';
import type { ReviewView } from '../review/reviewView';
import type { FileHistoryView, HistoryView } from '../history/fileView';
import type { SyncTerminal } from '../views/terminal';
import type { TrackedView } from '../views/trackedView';
import type { SyncedFolder } from './workspaceFolders';

/** What other extensions, keybindings and tests pass: then nothing is asked, and a failure rejects. */
export interface CallOptions {
  /** The workspace folder that is meant, when there are several. */
  readonly folder?: vscode.Uri;
  /** push, pull: goes on where the deletion guard would stop. pushForce: replaces; without it, it rejects. */
  readonly confirmed?: boolean;
  /** undoPush: the revision to take back. */
  readonly revision?: number;
  /** pushWithMessage: the message. */
  readonly message?: string;
}

export interface CommandDeps extends MergeDeps {
  readonly tracked: TrackedView;
  readonly connection: FolderConnection;
  readonly terminal: SyncTerminal;
  readonly review: ReviewView;
  readonly log: vscode.LogOutputChannel;
  readonly histories: readonly HistoryView[];
  readonly fileHistory: FileHistoryView;
}

/** A plain object comes from code; menus pass URIs and rows, the palette nothing. */
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

/** The folder that code names, or a notification's button, which is of one; else the only one, or what the user picks. */
export function targetFolder(parts: CommandDeps, given: unknown): Promise<SyncedFolder> {
  return parts.folders.find(given instanceof vscode.Uri ? given : callOptions(given)?.folder);
}
