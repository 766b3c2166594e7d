import * as vscode from 'vscode';
import type { PlanRow } from '../../sync/review/plan';
import { nameOf } from './planMessages';
import { serverDocument } from '../documents/serverDocuments';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** What a click on a row shows: what stands now on the left, what will stand on the right; one side alone as a file. */
export function openRow(owner: SyncedFolder, row: PlanRow, revision: number): vscode.Command | undefined {
  // A link has no content to show.
  if (row.before?.kind === 'symlink' || row.after?.kind === 'symlink') return undefined;
  const { path, effect, direction, from = path } = row;
  const name = nameOf(path);
  const here = (at: string): vscode.Uri => vscode.Uri.joinPath(owner.folder.uri, ...at.split('/'));
  const there = (at: string): vscode.Uri => serverDocument(owner, at, revision);
  if (effect === 'problem') return undefined;
  if (effect === 'conflict') {
    // In a conflict a deletion is compared with nothing, which no revision holds at 0.
    const mine = row.before === undefined ? serverDocument(owner, path, 0) : here(path);
    return diff(there(path), mine, `${name} (server r${revision} ↔ here)`);
  }
  const isPush = direction === 'push';
  if (effect === 'add') return open(isPush ? here(path) : there(path));
  if (effect === 'delete') return open(isPush ? there(path) : here(path));
  return isPush
    ? diff(there(from), here(path), `${name} (server r${revision} ↔ here)`)
    : diff(here(from), there(path), `${name} (here ↔ server r${revision})`);
}

function open(uri: vscode.Uri): vscode.Command {
  return { command: 'vscode.open', title: 'Open', arguments: [uri] };
}

function diff(left: vscode.Uri, right: vscode.Uri, title: string): vscode.Command {
  return { command: 'vscode.diff', title: 'Compare', arguments: [left, right, title] };
}
