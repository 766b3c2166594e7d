import * as vscode from 'vscode';
import type { PathDifference, RevisionSummary } from '../../../../server/src/contract/history';
import { revisionLabel, pushTooltip, revisionDescription, type VersionRow } from './rows';
import { commandIds } from '../shared/ids';
import { plural } from '../shared/format';
import type { SyncedFolder } from '../workspace/workspaceFolders';

export interface FolderRow {
  readonly owner: SyncedFolder;
  readonly kind: 'folder';
}

export interface RevisionRow {
  readonly owner: SyncedFolder;
  readonly revision: RevisionSummary;
}

export interface ChangeRow extends VersionRow {
  readonly change: PathDifference;
}

/** Says how many rows are not drawn. */
export interface RestRow {
  readonly owner: SyncedFolder;
  readonly rest: number;
}

export function isRevisionRow(row: unknown): row is RevisionRow {
  return typeof row === 'object' && row !== null && 'revision' in row && 'owner' in row;
}

export function folderItem({ folder }: SyncedFolder): vscode.TreeItem {
  const item = new vscode.TreeItem(folder.name, vscode.TreeItemCollapsibleState.Expanded);
  item.id = folder.uri.toString();
  item.iconPath = new vscode.ThemeIcon('root-folder');
  return item;
}

export function revisionItem({ owner, revision }: RevisionRow): vscode.TreeItem {
  const { Collapsed } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(revisionLabel(revision.number, revision), Collapsed);
  item.id = `${owner.folder.uri.toString()}\0${revision.number}`;
  item.description = revisionDescription(revision, new Date());
  item.tooltip = pushTooltip(revision.number, revision);
  item.iconPath = new vscode.ThemeIcon('git-commit');
  item.contextValue = 'revision';
  return item;
}

export function changeItem(row: ChangeRow): vscode.TreeItem {
  const { owner, version, change } = row;
  const name = change.path.split('/').at(-1) ?? change.path;
  const folder = change.path.slice(0, -name.length - 1);
  // The icon is that of the file; a scheme of its own keeps away the marks of what waits here and the lock.
  const item = new vscode.TreeItem(vscode.Uri.from({ scheme: 'palmtree-row', path: `/${change.path}` }));
  item.label = name;
  item.id = `${owner.folder.uri.toString()}\0${version.revision}\0${change.path}`;
  item.description = [changeWord(change), folder].filter((part) => part !== '').join(' · ');
  item.tooltip = change.path;
  item.contextValue = version.isGone ? 'change.deleted' : 'change';
  const title = 'Compare with the Version Before';
  item.command = { command: commandIds.compareVersionBefore, title, arguments: [row] };
  return item;
}

export function restItem({ rest }: RestRow): vscode.TreeItem {
  const item = new vscode.TreeItem(`and ${plural(rest, 'more file')}`);
  item.contextValue = 'rest';
  return item;
}

function changeWord({ before, after }: PathDifference): string {
  if (before === null) return 'added';
  if (after === null) return 'deleted';
  if (before.kind !== after.kind) return 'type changed';
  return before.hash === after.hash ? 'permissions changed' : 'modified';
}
