import { relative, sep } from 'node:path';
import * as vscode from 'vscode';

/** Hands on the paths, relative to the folder, at which VS Code's watcher saw something happen. */
export function watchFolder(
  folder: vscode.WorkspaceFolder,
  onPaths: (paths: readonly string[]) => void,
): vscode.Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, '**/*'));
  const note = (uri: vscode.Uri): void => {
    const path = relativePath(folder, uri);
    if (path !== undefined && path !== '') onPaths([path]);
  };
  const subscriptions = [watcher, watcher.onDidCreate(note), watcher.onDidChange(note), watcher.onDidDelete(note)];
  return vscode.Disposable.from(...subscriptions);
}

/** `uri` as a path of the folder's tree, with `/` on every system; undefined outside of it. */
export function relativePath(folder: vscode.WorkspaceFolder, uri: vscode.Uri): string | undefined {
  if (uri.scheme !== folder.uri.scheme) return undefined;
  const path = relative(folder.uri.fsPath, uri.fsPath);
  if (path === '..' || path.startsWith(`..${sep}`)) return undefined;
  return sep === '/' ? path : path.replaceAll(sep, '/');
}
