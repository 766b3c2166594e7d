import * as vscode from 'vscode';

/** The stats at `uri`, undefined if nothing exists there. A symlink has its own type and its target's type. */
export async function statIfExists(uri: vscode.Uri): Promise<vscode.FileStat | undefined> {
  try {
    return await vscode.workspace.fs.stat(uri);
  } catch {
    return undefined;
  }
}
