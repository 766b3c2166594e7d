import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { localDocument, serverDocument, syncedDocument } from '../documents/serverDocuments';
import { treeHistoryViewId } from '../shared/ids';
import { pickedOrActive, resolvePicked } from '../views/pickedPaths';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import type { FileHistoryView } from './fileHistoryView';
import { pickVersion } from './historyPicks';
import { nameOf, versionOf, type FileVersion } from './rows';

export async function showTreeHistory(): Promise<void> {
  await vscode.commands.executeCommand(`${treeHistoryViewId}.focus`);
}

/** Shows the versions of the picked file, else of the active one. */
export async function showFileHistory(view: FileHistoryView, uri: unknown, uris: unknown): Promise<void> {
  const [file] = pickedOrActive(uri, uris);
  if (file !== undefined) await view.show(file);
}

/** Compares a row's version (on the left) with the local file. */
export async function compareVersion(row: unknown): Promise<void> {
  await compareWithLocal(versionOf(row));
}

/** Compares the previous version (on the left) with a row's version. */
export async function compareVersionBefore(row: unknown): Promise<void> {
  const version = versionOf(row);
  const { owner, path, revision, before } = version;
  const title =
    before === 0
      ? vscode.l10n.t('{0} (new in r{1})', nameOf(path), revision)
      : vscode.l10n.t('{0} (r{1} ↔ r{2})', nameOf(path), before, revision);
  await openDiff(serverDocument(owner, path, before), documentOf(version), title);
}

export async function openVersion(row: unknown): Promise<void> {
  const version = versionOf(row);
  const label = `${nameOf(version.path)} (r${version.revision})`;
  await vscode.commands.executeCommand('vscode.open', documentOf(version), { preview: true }, label);
}

export async function compareRevision(folders: WorkspaceFolders, uri: unknown, uris: unknown): Promise<void> {
  const [owner, path] = await onePath(folders, uri, uris);
  const placeHolder = vscode.l10n.t('Select a revision to compare {0} with', nameOf(path));
  const { revision, entry } = await pickVersion(owner, path, placeHolder);
  await compareWithLocal({ owner, path, revision, before: 0, isDeleted: entry === null });
}

export async function compareSynced(folders: WorkspaceFolders, uri: unknown, uris: unknown): Promise<void> {
  const [owner, path] = await onePath(folders, uri, uris);
  const title = vscode.l10n.t('{0} (last synced ↔ local)', nameOf(path));
  await openDiff(syncedDocument(owner, path), await localDocument(owner, path), title);
}

async function compareWithLocal(version: FileVersion): Promise<void> {
  const { owner, path, revision } = version;
  const title = vscode.l10n.t('{0} (r{1} ↔ local)', nameOf(path), revision);
  await openDiff(documentOf(version), await localDocument(owner, path), title);
}

async function openDiff(left: vscode.Uri, right: vscode.Uri, title: string): Promise<void> {
  await vscode.commands.executeCommand('vscode.diff', left, right, title);
}

/** A deleted file is empty, as every file is in revision 0. */
function documentOf({ owner, path, revision, isDeleted }: FileVersion): vscode.Uri {
  return serverDocument(owner, path, isDeleted ? 0 : revision);
}

async function onePath(folders: WorkspaceFolders, uri: unknown, uris: unknown): Promise<[SyncedFolder, string]> {
  const [first] = await resolvePicked(folders, pickedOrActive(uri, uris).slice(0, 1));
  const path = first?.[1][0];
  if (first === undefined || path === undefined) throw new PalmtreeError('nothing_picked', 'nothing is picked');
  return [first[0], path];
}
