import * as vscode from 'vscode';
import { ignoreFileName, isSharedFile } from '../../core/sharedFiles';
import { ignoreLine, withIgnoreLines } from '../../core/tracking/ignoreLine';
import { PalmtreeError } from '../../errors';
import { quotedPaths } from '../../messages/pathList';
import { problemMessage } from '../../messages/problemMessages';
import { addedToIgnoreFile, keptAlthoughIgnored, newIgnoreFile } from '../../messages/sharedRulesMessages';
import { showNotification } from '../shared/notification';
import type { PathPicker } from '../views/pathPicker';
import { targetFolder } from '../workspace/callOptions';
import { notifyWithActions } from '../workspace/undoNotice';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

export interface SharedRulesDeps {
  readonly folders: WorkspaceFolders;
  readonly picker: PathPicker;
  readonly log: vscode.LogOutputChannel;
}

/** Opens the `.palmtreeignore` of a folder, and creates it if there is none. */
export async function openSharedRules({ folders }: Pick<SharedRulesDeps, 'folders'>, argument: unknown): Promise<void> {
  const owner = await targetFolder(folders, argument);
  await vscode.window.showTextDocument(await ignoreDocument(owner));
}

/** Excludes the picked files and folders for everybody who syncs the tree. */
export async function addToIgnore({ picker, log }: SharedRulesDeps, ...picked: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Palmtree: Add to .palmtreeignore');
  for (const [owner, all] of await picker.pick('tracked', title, ...picked)) {
    const paths = all.filter((path) => path !== '' && !isSharedFile(path));
    if (paths.length > 0) await addPaths(log, owner, paths);
    else void notifyWithActions(log, owner.folder, vscode.l10n.t('The shared rules are always synced.'), []);
  }
}

async function addPaths(log: vscode.LogOutputChannel, owner: SyncedFolder, paths: readonly string[]): Promise<void> {
  const { folder, sync } = owner;
  const lines = await Promise.all(paths.map(async (path) => ignoreLine(path, await kindAt(owner, path))));
  const document = await ignoreDocument(owner);
  const hadUnsavedEdits = document.isDirty;
  await append(document, lines);
  // Saving would also save what the user has not finished.
  if (hadUnsavedEdits) await vscode.window.showTextDocument(document);
  else await document.save();
  const kept = paths.filter((path) => sync.rules.get(path)?.effect === 'track');
  const texts = [addedToIgnoreFile(paths, hadUnsavedEdits), keptAlthoughIgnored(kept)];
  const open = { title: vscode.l10n.t('Open File'), run: () => vscode.window.showTextDocument(document) };
  const actions = hadUnsavedEdits ? [] : [open];
  void notifyWithActions(log, folder, texts.filter((text) => text !== '').join(' '), actions);
  log.info(`${folder.name}: ${quotedPaths(paths)} added to ${ignoreFileName}`);
}

async function append(document: vscode.TextDocument, lines: readonly string[]): Promise<void> {
  const text = document.getText();
  const added = withIgnoreLines(text, lines).slice(text.length);
  if (added === '') return;
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, document.positionAt(text.length), added);
  await vscode.workspace.applyEdit(edit);
}

/** Creates the file if it is missing. Throws cancelled if something else is in its place, which a notification names. */
async function ignoreDocument({ folder, sync }: SyncedFolder): Promise<vscode.TextDocument> {
  const problem = sync.problemAt(ignoreFileName);
  if (problem?.reason === 'shared-link' || problem?.reason === 'shared-not-a-file') {
    void showNotification('warning', `Palmtree: ${ignoreFileName}: ${problemMessage(problem)}`);
    throw new PalmtreeError('cancelled', 'the ignore file is no file');
  }
  const uri = vscode.Uri.joinPath(folder.uri, ignoreFileName);
  const edit = new vscode.WorkspaceEdit();
  edit.createFile(uri, { ignoreIfExists: true, contents: new TextEncoder().encode(newIgnoreFile()) });
  await vscode.workspace.applyEdit(edit);
  return vscode.workspace.openTextDocument(uri);
}

/** The kind of what is at `path` on this disk; on the server, if it is only there. */
async function kindAt({ folder, sync }: SyncedFolder, path: string): Promise<'file' | 'folder'> {
  try {
    const { type } = await vscode.workspace.fs.stat(vscode.Uri.joinPath(folder.uri, path));
    return type === vscode.FileType.Directory ? 'folder' : 'file';
  } catch {
    return sync.folderSummaries.has(path) ? 'folder' : 'file';
  }
}
