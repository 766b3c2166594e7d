import * as vscode from 'vscode';
import { nameOf } from '../../core/paths';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { localDocument, serverDocument } from './serverDocuments';

/** Two versions of a file, the one that a transfer would replace first. */
export interface Comparison {
  readonly left: vscode.Uri;
  readonly right: vscode.Uri;
  readonly title: string;
}

/** Compares a file here with the newest version on the server that is known, as a push or a pull would change it. */
export async function comparisonWithServer(
  owner: SyncedFolder,
  path: string,
  direction: 'push' | 'pull',
): Promise<Comparison> {
  const revision = owner.sync.knownRevision;
  const theirs = serverDocument(owner, path, revision);
  const mine = await localDocument(owner, path);
  const name = nameOf(path);
  return direction === 'push'
    ? { left: theirs, right: mine, title: vscode.l10n.t('{0} (server r{1} ↔ local)', name, revision) }
    : { left: mine, right: theirs, title: vscode.l10n.t('{0} (local ↔ server r{1})', name, revision) };
}
