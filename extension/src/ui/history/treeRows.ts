import * as vscode from 'vscode';
import type { PathDifference, RevisionSummary } from '../../../../server/src/contract/history';
import { revisionLabel, pushTooltip, revisionDescription, type VersionRow } from './rows';
import { commandIds } from '../shared/ids';
import { formatNumber } from '../shared/format';
import { inFolderOf, rowLabel } from '../shared/rowLabel';
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

/** The row for the changes that are not shown. */
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
  item.accessibilityInformation = rowLabel(revisionLabel(revision.number, revision), item.description);
  item.iconPath = new vscode.ThemeIcon('git-commit');
  item.contextValue = 'revision';
  return item;
}

export function changeItem(row: ChangeRow): vscode.TreeItem {
  const { owner, version, change } = row;
  const name = change.path.split('/').at(-1) ?? change.path;
  const folder = change.path.slice(0, -name.length - 1);
  // The scheme keeps the file's icon, and keeps away the decorations of local states and of read-only files.
  const item = new vscode.TreeItem(vscode.Uri.from({ scheme: 'palmtree-row', path: `/${change.path}` }));
  item.label = name;
  item.id = `${owner.folder.uri.toString()}\0${version.revision}\0${change.path}`;
  item.description = [changeWord(change), folder].filter((part) => part !== '').join(' · ');
  item.tooltip = change.path;
  item.accessibilityInformation = rowLabel(name, changeWord(change), inFolderOf(change.path));
  item.contextValue = version.isDeleted ? 'change.deleted' : 'change';
  const title = vscode.l10n.t('Compare with Previous Version');
  item.command = { command: commandIds.compareVersionBefore, title, arguments: [row] };
  return item;
}

export function restItem({ rest }: RestRow): vscode.TreeItem {
  const text = rest === 1 ? vscode.l10n.t('and 1 more file') : vscode.l10n.t('and {0} more files', formatNumber(rest));
  const item = new vscode.TreeItem(text);
  item.contextValue = 'rest';
  return item;
}

function changeWord({ before, after }: PathDifference): string {
  if (before === null) return vscode.l10n.t('added');
  if (after === null) return vscode.l10n.t('deleted');
  if (before.kind !== after.kind) return vscode.l10n.t('type changed');
  return before.hash === after.hash ? vscode.l10n.t('permissions changed') : vscode.l10n.t('modified');
}
