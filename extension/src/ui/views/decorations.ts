import * as vscode from 'vscode';
import { problemMessage } from '../shared/problemMessages';
import { relativePath } from '../workspace/relativePath';
import type { WorkspaceFolders } from '../workspace/workspaceFolders';
import { statusPresentation } from './statusPresentation';

/** Decorates paths that are not in sync, in the Explorer and in the tree view. */
export function registerDecorations(folders: WorkspaceFolders): vscode.Disposable {
  const changed = new vscode.EventEmitter<undefined>();
  let shown: readonly ReadonlyMap<string, unknown>[] = [];
  const subscription = folders.onDidChange(() => {
    const current = folders.all.map(({ sync }) => sync.pathStates);
    // Most events are progress reports, which change no path's state.
    if (current.length === shown.length && current.every((states, index) => states === shown[index])) return;
    shown = current;
    changed.fire(undefined);
  });
  const provider = vscode.window.registerFileDecorationProvider({
    onDidChangeFileDecorations: changed.event,
    provideFileDecoration(uri) {
      const owner = folders.folderOf(uri);
      const path = owner && relativePath(owner.folder, uri);
      const state = path === undefined ? undefined : owner?.sync.pathStates.get(path);
      if (owner === undefined || path === undefined || state === undefined) return undefined;
      const { badge, tooltip, color } = statusPresentation(owner.sync, path, state);
      const problem = state === 'problem' ? owner.sync.problemAt(path) : undefined;
      const detail = problem === undefined ? tooltip : problemMessage(problem);
      const decoration = new vscode.FileDecoration(badge, `Palmtree: ${detail}`, new vscode.ThemeColor(color));
      decoration.propagate = true;
      return decoration;
    },
  });
  return vscode.Disposable.from(changed, subscription, provider);
}
