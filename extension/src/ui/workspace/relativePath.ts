import { relative, sep } from 'node:path';
import type * as vscode from 'vscode';

/** The path of `uri` in the folder, with `/` on every system; undefined outside of the folder. */
export function relativePath(folder: vscode.WorkspaceFolder, uri: vscode.Uri): string | undefined {
  if (uri.scheme !== folder.uri.scheme) return undefined;
  const path = relative(folder.uri.fsPath, uri.fsPath);
  if (path === '..' || path.startsWith(`..${sep}`)) return undefined;
  return sep === '/' ? path : path.replaceAll(sep, '/');
}
