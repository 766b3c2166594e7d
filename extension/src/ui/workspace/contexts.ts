import * as vscode from 'vscode';
import { contextKeys, section } from '../shared/ids';
import { isAutomated, isAutomationPaused } from './automationState';
import type { WorkspaceFolders } from './workspaceFolders';

/** Keeps the context keys of the manifest's `when` clauses up to date, except those that list paths. */
export function registerContexts(folders: WorkspaceFolders): vscode.Disposable {
  const current = new Map<string, boolean>();
  const refresh = (): void => {
    for (const [key, value] of Object.entries(contextsOf(folders))) {
      if (current.get(key) === value) continue;
      current.set(key, value);
      void vscode.commands.executeCommand('setContext', key, value);
    }
  };
  refresh();
  return vscode.Disposable.from(
    folders.onDidChange(refresh),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(section)) refresh();
    }),
  );
}

function contextsOf(folders: WorkspaceFolders): Readonly<Record<string, boolean>> {
  const states = folders.all.map(({ sync }) => sync.state);
  return {
    [contextKeys.ready]: folders.isReady,
    [contextKeys.connected]: folders.all.some(({ sync }) => sync.isConnected),
    [contextKeys.tracking]: states.some(
      ({ isTracking, counts }) => isTracking || counts.outgoing + counts.problems > 0,
    ),
    [contextKeys.conflicts]: states.some(({ counts }) => counts.conflicts > 0),
    [contextKeys.automated]: folders.all.some(isAutomated),
    [contextKeys.paused]: folders.all.some(isAutomationPaused),
    [contextKeys.busy]: states.some(({ kind }) => kind === 'transferring'),
  };
}
