import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import type { CommandDeps } from '../workspace/callOptions';
import { pickVersion } from './picks';
import { nameOf, versionOf, type FileVersion } from './rows';
import { treeHistoryViewId } from '../shared/ids';
import { pickedOrActive, resolvePicked } from '../views/pickedPaths';
import { syncedDocument, localDocument, serverDocument } from '../documents/serverDocuments';
import type { SyncedFolder } from '../workspace/workspaceFolders';

export async function showTreeHistory(): Promise<void> {
  await vscode.commands.executeCommand(`${treeHistoryViewId}.focus`);
}

/** The versions of the file that is picked, or else shown. */
export async function showFileHistory(parts: CommandDeps, uri: unknown, uris: unknown): Promise<void> {
  const [file] = pickedOrActive(uri, uris);
  if (file !== undefined) await parts.fileHistory.show(file);
}

/** The version of a row on the left, what is here on the right. */
export async function compareVersion(row: unknown): Promise<void> {
  await compareWithHere(versionOf(row));
}

/** What a version changed: the version before on the left, it on the right. */
export async function compareVersionBefore(row: unknown): Promise<void> {
  const version = versionOf(row);
  const { owner, path, revision, before } = version;
  const older = serverDocument(owner, path, before);
  const sides = before === 0 ? `new in r${revision}` : `r${before} ↔ r${revision}`;
  await openDiff(older, documentOf(version), `${nameOf(path)} (${sides})`);
}

export async function openVersion(row: unknown): Promise<void> {
  const version = versionOf(row);
  const label = `${nameOf(version.path)} (r${version.revision})`;
  await vscode.commands.executeCommand('vscode.open', documentOf(version), { preview: true }, label);
}

export async function compareRevision(parts: CommandDeps, uri: unknown, uris: unknown): Promise<void> {
  const [owner, path] = await onePath(parts, uri, uris);
  const { revision, entry } = await pickVersion(owner, path, `Compare ${nameOf(path)} with which revision?`);
  await compareWithHere({ owner, path, revision, before: 0, isGone: entry === null });
}

export async function compareSynced(parts: CommandDeps, uri: unknown, uris: unknown): Promise<void> {
  const [owner, path] = await onePath(parts, uri, uris);
  await openDiff(syncedDocument(owner, path), await localDocument(owner, path), `${nameOf(path)} (last synced ↔ here)`);
}

async function compareWithHere(version: FileVersion): Promise<void> {
  const { owner, path, revision } = version;
  await openDiff(documentOf(version), await localDocument(owner, path), `${nameOf(path)} (r${revision} ↔ here)`);
}

async function openDiff(left: vscode.Uri, right: vscode.Uri, title: string): Promise<void> {
  await vscode.commands.executeCommand('vscode.diff', left, right, title);
}

/** What was deleted is shown as nothing, which everything is in revision 0. */
function documentOf({ owner, path, revision, isGone }: FileVersion): vscode.Uri {
  return serverDocument(owner, path, isGone ? 0 : revision);
}

async function onePath(parts: CommandDeps, uri: unknown, uris: unknown): Promise<[SyncedFolder, string]> {
  const [first] = await resolvePicked(parts.folders, pickedOrActive(uri, uris).slice(0, 1));
  const path = first?.[1][0];
  if (first === undefined || path === undefined) throw new PalmtreeError('nothing_picked', 'nothing is picked');
  return [first[0], path];
}
