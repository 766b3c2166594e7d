import * as vscode from 'vscode';
import { commandIds } from '../shared/ids';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Says of folders that a pull has not taken whole that other files stand in them, and what becomes of these. */
export async function notifySkippedFolders({ folder }: SyncedFolder, folders: readonly string[]): Promise<void> {
  if (folders.length === 0) return;
  const isOne = folders.length === 1;
  const names = folders.slice(0, 3).map((path) => (path === '' ? folder.name : path));
  const more = folders.length > 3 ? ` and ${folders.length - 3} more` : '';
  const what = `${names.join(', ')}${more} ${isOne ? 'holds' : 'hold'} files that are not on the server.`;
  const track = isOne ? 'Track the Whole Folder' : 'Track the Whole Folders';
  const text = `Palmtree: ${what} They are not sent unless you track the ${isOne ? 'folder' : 'folders'}.`;
  if ((await vscode.window.showInformationMessage(text, track, 'Leave It')) !== track) return;
  const uris = folders.map((path) => vscode.Uri.joinPath(folder.uri, path));
  await vscode.commands.executeCommand(commandIds.track, uris[0], uris);
}
