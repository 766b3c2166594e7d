import * as vscode from 'vscode';
import { relativePath } from './relativePath';

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
