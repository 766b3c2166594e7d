import * as vscode from 'vscode';
import { contextKeys } from '../shared/ids';
import type { WorkspaceFolders } from './workspaceFolders';

/** Keeps what the manifest's `when` clauses read up to date. */
export function followContexts(folders: WorkspaceFolders): vscode.Disposable {
  const known = new Map<string, boolean>();
  const set = (key: string, value: boolean): void => {
    if (known.get(key) === value) return;
    known.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  };
  const refresh = (): void => {
    const states = folders.all.map(({ sync }) => sync.state);
    set(contextKeys.ready, folders.isReady);
    set(
      contextKeys.connected,
      folders.all.some(({ sync }) => sync.isConnected),
    );
    set(
      contextKeys.tracking,
      states.some(({ counts }) => counts.tracked + counts.outgoing + counts.problems > 0),
    );
    set(
      contextKeys.conflicts,
      states.some(({ counts }) => counts.conflicts > 0),
    );
    set(
      contextKeys.busy,
      states.some(({ kind }) => kind === 'transferring'),
    );
  };
  refresh();
  return folders.onDidChange(refresh);
}
