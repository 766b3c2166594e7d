import * as vscode from 'vscode';
import { nameOf } from '../../core/paths';
import type { PlanRow } from '../../sync/review/plan';
import { serverDocument } from '../documents/serverDocuments';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** The command of a click on a row: a diff from the present to the future version, or the only version. */
export function openCommand(owner: SyncedFolder, row: PlanRow, revision: number): vscode.Command | undefined {
  // A link has no content.
  if (row.before?.kind === 'symlink' || row.after?.kind === 'symlink') return undefined;
  const { path, effect, direction, from = path } = row;
  const local = (at: string): vscode.Uri => vscode.Uri.joinPath(owner.folder.uri, ...at.split('/'));
  const remote = (at: string): vscode.Uri => serverDocument(owner, at, revision);
  const pushTitle = vscode.l10n.t('{0} (server r{1} ↔ local)', nameOf(path), revision);
  if (effect === 'problem') return undefined;
  if (effect === 'held') return open(remote(path));
  if (effect === 'conflict') {
    // In revision 0 every file is empty, as a deleted one is here.
    return diff(remote(path), row.before === undefined ? serverDocument(owner, path, 0) : local(path), pushTitle);
  }
  const isPush = direction === 'push';
  if (effect === 'add') return open(isPush ? local(path) : remote(path));
  if (effect === 'delete') return open(isPush ? remote(path) : local(path));
  return isPush
    ? diff(remote(from), local(path), pushTitle)
    : diff(local(from), remote(path), vscode.l10n.t('{0} (local ↔ server r{1})', nameOf(path), revision));
}

function open(uri: vscode.Uri): vscode.Command {
  return { command: 'vscode.open', title: vscode.l10n.t('Open'), arguments: [uri] };
}

function diff(left: vscode.Uri, right: vscode.Uri, title: string): vscode.Command {
  return { command: 'vscode.diff', title: vscode.l10n.t('Compare'), arguments: [left, right, title] };
}
