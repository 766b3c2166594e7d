import * as vscode from 'vscode';
import { nameOf } from '../../core/paths';
import type { RevisionSummary } from '../../../../server/src/contract/history';
import type { RenamedFolder, RevisionChange } from '../../sync/history/revisionChanges';
import {
  isMoreRow,
  isRemovedRow,
  removedItem,
  moreItem,
  revisionLabel,
  pushLabel,
  pushTooltip,
  type MoreRow,
  type RemovedRow,
  type VersionRow,
} from './rows';
import { commandIds } from '../shared/ids';
import { fileCount, formatNumber, joined } from '../../messages/format';
import { revisionDescription, revisionWords } from '../../messages/historyMessages';
import { inFolderOf, rowLabel } from '../shared/rowLabel';
import type { SyncedFolder } from '../workspace/workspaceFolders';

interface FolderRow {
  readonly owner: SyncedFolder;
  readonly kind: 'folder';
}

export interface RevisionRow {
  readonly owner: SyncedFolder;
  readonly revision: RevisionSummary;
}

export interface ChangeRow extends VersionRow {
  readonly change: RevisionChange;
}

/** The row for a renamed folder, with its files below it. */
export interface RenamedFolderRow {
  readonly owner: SyncedFolder;
  readonly renamed: RenamedFolder;
  /** The revision's number. */
  readonly number: number;
}

/** The row for the changes that are not shown. */
interface RestRow {
  readonly owner: SyncedFolder;
  readonly rest: number;
  /** The row above it, which has a row for each of the other changes. */
  readonly above: RevisionRow | RenamedFolderRow;
}

export type TreeHistoryRow = FolderRow | RevisionRow | RenamedFolderRow | ChangeRow | RestRow | RemovedRow | MoreRow;

/** Identifies a row in the view. No path contains the separator, and no revision has the number `more`. */
export function rowId(row: TreeHistoryRow): string {
  const folder = row.owner.folder.uri.toString();
  if (isMoreRow(row)) return `${folder}\0more`;
  if (isRemovedRow(row)) return `${folder}\0${row.after}\0\0\0removed`;
  if ('kind' in row) return folder;
  if ('rest' in row) return `${rowId(row.above)}\0\0\0rest`;
  if ('renamed' in row) return [folder, row.number, row.renamed.from, row.renamed.to].join('\0');
  return isRevisionRow(row)
    ? `${folder}\0${row.revision.number}`
    : [folder, row.version.revision, row.change.path].join('\0');
}

export function itemOf(row: TreeHistoryRow): vscode.TreeItem {
  if (isMoreRow(row)) return moreItem(row, vscode.l10n.t('older revisions'));
  if (isRemovedRow(row)) return removedItem(row, changesText(row.removed));
  if ('kind' in row) return folderItem(row.owner);
  if ('rest' in row) return restItem(row);
  if ('renamed' in row) return renamedFolderItem(row);
  return isRevisionRow(row) ? revisionItem(row) : changeItem(row);
}

export function isRevisionRow(row: unknown): row is RevisionRow {
  return typeof row === 'object' && row !== null && 'revision' in row && 'owner' in row;
}

function folderItem({ folder }: SyncedFolder): vscode.TreeItem {
  const item = new vscode.TreeItem(folder.name, vscode.TreeItemCollapsibleState.Expanded);
  item.accessibilityInformation = rowLabel(folder.name, vscode.l10n.t('workspace folder'));
  item.iconPath = new vscode.ThemeIcon('root-folder');
  return item;
}

function revisionItem({ revision }: RevisionRow): vscode.TreeItem {
  const { Collapsed } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(revisionLabel(revision.number, revision), Collapsed);
  item.description = revisionDescription(revision, new Date());
  item.tooltip = pushTooltip(revision.number, revision);
  item.accessibilityInformation = rowLabel(
    pushLabel(revision.number, revision),
    ...revisionWords(revision, new Date()),
  );
  item.iconPath = new vscode.ThemeIcon('git-commit');
  // With nothing left, there is nothing to restore or to undo.
  item.contextValue = isAllRemoved(revision) ? 'revision.removed' : 'revision';
  return item;
}

function isAllRemoved({ put, deleted, removed = 0 }: RevisionSummary): boolean {
  return removed > 0 && removed >= put + deleted;
}

function changeItem(row: ChangeRow): vscode.TreeItem {
  const { version, change } = row;
  const name = nameOf(change.path);
  const folder = change.path.slice(0, -name.length - 1);
  // The scheme keeps the file's icon, and keeps away the decorations of local states and of read-only files.
  const item = new vscode.TreeItem(vscode.Uri.from({ scheme: 'palmtree-row', path: `/${change.path}` }));
  item.label = name;
  const before = change.beforeRemoved === true ? vscode.l10n.t('previous version removed by retention') : '';
  item.description = joined(' · ', changeWord(change), before, folder);
  item.tooltip =
    change.renamedFrom === undefined
      ? change.path
      : vscode.l10n.t('{0} was renamed to {1}', change.renamedFrom, change.path);
  item.accessibilityInformation = rowLabel(name, changeWord(change), before, inFolderOf(change.path));
  item.contextValue = version.isDeleted ? 'change.deleted' : 'change';
  const title = vscode.l10n.t('Compare with Previous Version');
  item.command = { command: commandIds.compareVersionBefore, title, arguments: [row] };
  return item;
}

export function changeRow(owner: SyncedFolder, number: number, change: RevisionChange): ChangeRow {
  const { path, renamedFrom } = change;
  const before = change.before === null ? 0 : number - 1;
  const isDeleted = change.after === null;
  const isBeforeRemoved = change.beforeRemoved === true;
  const version = { owner, path, pathBefore: renamedFrom, revision: number, before, isDeleted, isBeforeRemoved };
  return { owner, change, version };
}

function renamedFolderItem({ owner, renamed }: RenamedFolderRow): vscode.TreeItem {
  const { from, to, changes } = renamed;
  const name = to === '' ? owner.folder.name : to;
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Collapsed);
  const words = [vscode.l10n.t('renamed from {0}', from), fileCount(changes.length)];
  item.description = joined(' · ', ...words);
  item.accessibilityInformation = rowLabel(name, ...words);
  item.tooltip = vscode.l10n.t('{0} was renamed to {1}', from, to === '' ? '.' : to);
  item.iconPath = new vscode.ThemeIcon('folder');
  item.contextValue = 'renamedFolder';
  return item;
}

function restItem({ rest, above }: RestRow): vscode.TreeItem {
  const text = rest === 1 ? vscode.l10n.t('and 1 more file') : vscode.l10n.t('and {0} more files', formatNumber(rest));
  const item = new vscode.TreeItem(text);
  const number = 'renamed' in above ? above.number : above.revision.number;
  item.accessibilityInformation = rowLabel(text, vscode.l10n.t('in revision {0}', number));
  item.contextValue = 'rest';
  return item;
}

function changesText(count: number): string {
  return count === 1 ? vscode.l10n.t('1 change') : vscode.l10n.t('{0} changes', formatNumber(count));
}

function changeWord({ before, after, renamedFrom, beforeRemoved }: RevisionChange): string {
  if (renamedFrom !== undefined) return vscode.l10n.t('renamed from {0}', renamedFrom);
  if (beforeRemoved === true) return after === null ? vscode.l10n.t('deleted') : vscode.l10n.t('changed');
  if (before === null) return vscode.l10n.t('added');
  if (after === null) return vscode.l10n.t('deleted');
  if (before.kind !== after.kind) return vscode.l10n.t('type changed');
  return before.hash === after.hash ? vscode.l10n.t('permissions changed') : vscode.l10n.t('modified');
}
