import * as vscode from 'vscode';
import { nameOf } from '../../core/paths';
import { PalmtreeError } from '../../errors';
import { localDocument, serverDocument } from '../documents/serverDocuments';
import { pickOne } from '../shared/quickInput';
import type { PathPicker } from '../views/pathPicker';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { compareRevisionOf, compareSyncedOf, openDiff } from './commands';
import { pickVersion } from './historyPicks';

const title = vscode.l10n.t('Palmtree: Compare with');

/** Compares the picked file with another version of it, or with another tracked file. */
export async function compareWith(picker: PathPicker, ...args: readonly unknown[]): Promise<void> {
  const [owner, path] = await picker.pickOne('file', title, ...args);
  const compare = await choose(vscode.l10n.t('Select what to compare {0} with', nameOf(path)), [
    { icon: 'history', label: vscode.l10n.t('A Revision…'), value: () => compareRevisionOf(owner, path) },
    { icon: 'sync', label: vscode.l10n.t('The Last Synced Version'), value: () => compareSyncedOf(owner, path) },
    { icon: 'files', label: vscode.l10n.t('Another Tracked File…'), value: () => compareFiles(picker, owner, path) },
  ]);
  await compare();
}

/** Compares a version of another tracked file (on the left) with the local file. */
async function compareFiles(picker: PathPicker, owner: SyncedFolder, path: string): Promise<void> {
  const [otherOwner, other] = await picker.choose('file', title);
  const read = await choose(vscode.l10n.t('Select the version of {0}', nameOf(other)), [
    { icon: 'file', label: vscode.l10n.t('The File on This Machine'), value: () => localVersion(otherOwner, other) },
    { icon: 'history', label: vscode.l10n.t('A Revision…'), value: () => serverVersion(otherOwner, other) },
  ]);
  const { document, label } = await read();
  const names = vscode.l10n.t('{0} ↔ {1}', label, nameOf(path));
  await openDiff(document, await localDocument(owner, path), names);
}

interface Version {
  readonly document: vscode.Uri;
  readonly label: string;
}

async function localVersion(owner: SyncedFolder, path: string): Promise<Version> {
  return { document: await localDocument(owner, path), label: nameOf(path) };
}

async function serverVersion(owner: SyncedFolder, path: string): Promise<Version> {
  const picked = await pickVersion(owner, path, vscode.l10n.t('Select a revision of {0}', nameOf(path)));
  const { revision, entry } = picked;
  const document = serverDocument(owner, picked.path, entry === null ? 0 : revision);
  return { document, label: vscode.l10n.t('{0} (r{1})', nameOf(path), revision) };
}

interface Option<T> {
  readonly icon: string;
  readonly label: string;
  readonly value: T;
}

async function choose<T>(placeHolder: string, options: readonly Option<T>[]): Promise<T> {
  const picked = await pickOne(options, { title, placeHolder });
  if (picked === undefined) throw new PalmtreeError('cancelled', 'nothing was picked');
  return picked.value;
}
