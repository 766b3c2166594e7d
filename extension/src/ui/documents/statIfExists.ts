import * as vscode from 'vscode';

/** What stands at `uri`, undefined when nothing does. A symlink tells of itself and of what it leads to. */
export async function statIfExists(uri: vscode.Uri): Promise<vscode.FileStat | undefined> {
  try {
    return await vscode.workspace.fs.stat(uri);
  } catch {
    return undefined;
  }
}
