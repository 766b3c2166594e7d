import * as vscode from 'vscode';
import { nameOf } from '../../core/paths';
import { localDocument, serverDocument, syncedDocument } from '../documents/serverDocuments';
import { treeHistoryViewId } from '../shared/ids';
import { showNotification } from '../shared/notification';
import type { PathPicker } from '../views/pathPicker';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import type { FileHistoryView } from './fileHistoryView';
import { pickVersion } from './historyPicks';
import { versionOf, type ShownVersion } from './rows';

export async function showTreeHistory(): Promise<void> {
  await vscode.commands.executeCommand(`${treeHistoryViewId}.focus`);
}

/** Shows the versions of the picked file. */
export async function showFileHistory(
  { picker, fileHistory }: { readonly picker: PathPicker; readonly fileHistory: FileHistoryView },
  uri: unknown,
  uris: unknown,
): Promise<void> {
  const title = vscode.l10n.t('Palmtree: Show File History');
  const [{ folder }, path] = await picker.pickOne('file', title, uri, uris);
  await fileHistory.show(vscode.Uri.joinPath(folder.uri, path));
}

/** Compares a row's version (on the left) with the local file. */
export async function compareVersion(row: unknown): Promise<void> {
  await compareWithLocal(versionOf(row));
}

/** Compares the previous version (on the left) with a row's version. */
export async function compareVersionBefore(row: unknown): Promise<void> {
  const version = versionOf(row);
  const { owner, path, pathBefore = path, revision, before, isBeforeRemoved } = version;
  if (isBeforeRemoved === true) return sayBeforeRemoved(version);
  const title =
    before === 0
      ? vscode.l10n.t('{0} (new in r{1})', nameOf(path), revision)
      : vscode.l10n.t('{0} (r{1} ↔ r{2})', nameOf(path), before, revision);
  await openDiff(serverDocument(owner, pathBefore, before), documentOf(version), title);
}

async function sayBeforeRemoved({ path, revision }: ShownVersion): Promise<void> {
  const text = vscode.l10n.t(
    'The server no longer has the version of {0} before r{1}: its retention policy keeps only some revisions of this tree.',
    nameOf(path),
    revision,
  );
  await showNotification('information', `Palmtree: ${text}`);
}

export async function openVersion(row: unknown): Promise<void> {
  const version = versionOf(row);
  const label = `${nameOf(version.path)} (r${version.revision})`;
  await vscode.commands.executeCommand('vscode.open', documentOf(version), { preview: true }, label);
}

export async function compareRevision(picker: PathPicker, uri: unknown, uris: unknown): Promise<void> {
  const title = vscode.l10n.t('Palmtree: Compare with Revision');
  await compareRevisionOf(...(await picker.pickOne('file', title, uri, uris)));
}

/** Compares a version that the user picks (on the left) with the local file. */
export async function compareRevisionOf(owner: SyncedFolder, path: string): Promise<void> {
  const placeHolder = vscode.l10n.t('Select a revision to compare {0} with', nameOf(path));
  const picked = await pickVersion(owner, path, placeHolder);
  const { revision, entry } = picked;
  await compareWithLocal({ owner, path: picked.path, localPath: path, revision, before: 0, isDeleted: entry === null });
}

export async function compareSynced(picker: PathPicker, uri: unknown, uris: unknown): Promise<void> {
  const listTitle = vscode.l10n.t('Palmtree: Compare with Last Synced');
  await compareSyncedOf(...(await picker.pickOne('file', listTitle, uri, uris)));
}

/** Compares the last synced version (on the left) with the local file. */
export async function compareSyncedOf(owner: SyncedFolder, path: string): Promise<void> {
  const title = vscode.l10n.t('{0} (last synced ↔ local)', nameOf(path));
  await openDiff(syncedDocument(owner, path), await localDocument(owner, path), title);
}

async function compareWithLocal(version: ShownVersion): Promise<void> {
  const { owner, path, localPath = path, revision } = version;
  const title = vscode.l10n.t('{0} (r{1} ↔ local)', nameOf(localPath), revision);
  await openDiff(documentOf(version), await localDocument(owner, localPath), title);
}

export async function openDiff(left: vscode.Uri, right: vscode.Uri, title: string): Promise<void> {
  await vscode.commands.executeCommand('vscode.diff', left, right, title);
}

/** A deleted file is empty, as every file is in revision 0. */
function documentOf({ owner, path, revision, isDeleted }: ShownVersion): vscode.Uri {
  return serverDocument(owner, path, isDeleted ? 0 : revision);
}
