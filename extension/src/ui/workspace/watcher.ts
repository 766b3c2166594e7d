import { relative, sep } from 'node:path';
import * as vscode from 'vscode';

/** Reports the paths, relative to the folder, that VS Code's watcher saw created, changed or deleted. */
export function watchFolder(
  folder: vscode.WorkspaceFolder,
  onPaths: (paths: readonly string[]) => void,
): vscode.Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, '**/*'));
  const report = (uri: vscode.Uri): void => {
    const path = relativePath(folder, uri);
    if (path !== undefined && path !== '') onPaths([path]);
  };
  return vscode.Disposable.from(
    watcher,
    watcher.onDidCreate(report),
    watcher.onDidChange(report),
    watcher.onDidDelete(report),
  );
}

/** `uri` as a path of the folder's tree, with `/` on every system; undefined outside of the folder. */
export function relativePath(folder: vscode.WorkspaceFolder, uri: vscode.Uri): string | undefined {
  if (uri.scheme !== folder.uri.scheme) return undefined;
  const path = relative(folder.uri.fsPath, uri.fsPath);
  if (path === '..' || path.startsWith(`..${sep}`)) return undefined;
  return sep === '/' ? path : path.replaceAll(sep, '/');
}
