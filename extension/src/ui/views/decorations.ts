import * as vscode from 'vscode';
import { statusPresentation } from './statusPresentation';
import { problemMessage } from '../shared/problemMessages';
import { relativePath } from '../workspace/watcher';
import type { WorkspaceFolders } from '../workspace/workspaceFolders';

/** Marks what is not in step, in the Explorer and in the tree view. */
export function registerDecorations(folders: WorkspaceFolders): vscode.Disposable {
  const changed = new vscode.EventEmitter<undefined>();
  let shown: readonly ReadonlyMap<string, unknown>[] = [];
  const subscription = folders.onDidChange(() => {
    const now = folders.all.map(({ sync }) => sync.pathStates);
    // A progress report changes no path's state: nothing is to be drawn anew for it.
    if (now.length === shown.length && now.every((states, at) => states === shown[at])) return;
    shown = now;
    changed.fire(undefined);
  });
  const provider = vscode.window.registerFileDecorationProvider({
    onDidChangeFileDecorations: changed.event,
    provideFileDecoration(uri) {
      const found = folders.folderOf(uri);
      const path = found && relativePath(found.folder, uri);
      const state = path === undefined ? undefined : found?.sync.pathStates.get(path);
      if (found === undefined || path === undefined || state === undefined) return undefined;
      const { badge, tooltip, color } = statusPresentation(found.sync, path, state);
      const problem = state === 'problem' ? found.sync.problemAt(path) : undefined;
      const detail = problem === undefined ? tooltip : problemMessage(problem);
      const decoration = new vscode.FileDecoration(badge, `Palmtree: ${detail}`, new vscode.ThemeColor(color));
      decoration.propagate = true;
      return decoration;
    },
  });
  return vscode.Disposable.from(changed, subscription, provider);
}
