import type * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { plainLine } from '../../messages/plainText';
import { messageFor } from '../shared/errorMessages';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Relative times are drawn again this often. */
export const agingMs = 60_000;

/** A view that asks the server only while it is visible. */
export interface HistoryView extends vscode.Disposable {
  /** Asks the server again, even if nothing new is known. */
  refresh(): void;
}

/** Identifies the history that a view has loaded. Another `tree` has its own; another `version` may have more. */
export interface HistoryState {
  readonly tree: string;
  readonly version: string;
}

export function historyStateOf({ sync: { state, knownRevision, connectionCount } }: SyncedFolder): HistoryState {
  const { binding, kind, offline } = state;
  return {
    tree: `${binding?.server}\0${binding?.tree}`,
    // A server that is reachable again is asked again.
    version: `${knownRevision} ${connectionCount} ${kind === 'halted' || offline !== undefined}`,
  };
}

/** The text for a failure of a background request, which shows in the view only. */
export function failureMessage(error: unknown, log: vscode.LogOutputChannel): string {
  if (!(error instanceof PalmtreeError)) log.error(error instanceof Error ? error : String(error));
  return plainLine(messageFor(error).text);
}
