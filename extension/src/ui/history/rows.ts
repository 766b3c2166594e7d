import * as vscode from 'vscode';
import type { RevisionSummary } from '../../../../server/src/contract/history';
import { PalmtreeError } from '../../errors';
import type { FileVersion } from '../../sync/history/fileVersions';
import { formatDate, formatNumber, joined } from '../../messages/format';
import { commandIds } from '../shared/ids';
import { rowLabel } from '../shared/rowLabel';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** A version of a file as the views show it: with the folder, and the version before it. */
export interface ShownVersion {
  readonly owner: SyncedFolder;
  readonly path: string;
  readonly revision: number;
  /** A revision that contains the previous version; 0 if there is none. */
  readonly before: number;
  /** The path of the previous version, if it was another. */
  readonly pathBefore?: string | undefined;
  /** The file's path on this disk, if it is known to be another. */
  readonly localPath?: string | undefined;
  /** The revision deleted the file. */
  readonly isDeleted: boolean;
  /** The server has removed the previous version. */
  readonly isBeforeRemoved?: boolean;
}

/**
 * The version before `push`, of which `older` is listed next, if it is loaded. An older version stands in for removed ones:
 * if it is on the next page, it is the file in the revision before those.
 */
export function versionBefore(
  { revision, removed }: Pick<FileVersion, 'revision' | 'removed'>,
  older: Pick<FileVersion, 'revision'> | undefined,
  hasMore: boolean,
): Pick<ShownVersion, 'before'> & { readonly isBeforeRemoved: boolean } {
  if (older !== undefined) return { before: older.revision, isBeforeRemoved: false };
  if (hasMore) return { before: (removed?.since ?? revision) - 1, isBeforeRemoved: false };
  return { before: 0, isBeforeRemoved: removed !== undefined };
}

/** A row for a version of a file, in either view. */
export interface VersionRow {
  readonly owner: SyncedFolder;
  readonly version: ShownVersion;
}

/** The last row of a list that continues. */
export interface MoreRow {
  readonly owner: SyncedFolder;
  readonly loadMore: () => Promise<void>;
}

export function isVersionRow(row: unknown): row is VersionRow {
  return typeof row === 'object' && row !== null && 'version' in row && 'owner' in row;
}

/** Throws nothing_picked. */
export function versionOf(row: unknown): ShownVersion {
  if (isVersionRow(row)) return row.version;
  throw new PalmtreeError('nothing_picked', 'no version is picked');
}

export function isMoreRow(row: unknown): row is MoreRow {
  return typeof row === 'object' && row !== null && 'loadMore' in row;
}

/** `subject` names the rows that a click loads, for a screen reader. */
export function moreItem(row: MoreRow, subject: string): vscode.TreeItem {
  const label = vscode.l10n.t('Load More…');
  const item = new vscode.TreeItem(label);
  item.accessibilityInformation = rowLabel(label, subject);
  item.contextValue = 'more';
  item.command = { command: commandIds.moreHistory, title: label, arguments: [row] };
  return item;
}

type Push = Pick<RevisionSummary, 'author' | 'createdAt' | 'message'>;

/** `r7 by laptop` */
export function revisionLabel(revision: number, { author }: Push): string {
  return vscode.l10n.t('r{0} by {1}', revision, author);
}

/** `Revision 7, pushed by laptop` */
export function pushLabel(revision: number, { author }: Push): string {
  return vscode.l10n.t('Revision {0}, pushed by {1}', revision, author);
}

/** A row that stands for versions that the server has removed. */
export interface RemovedRow {
  readonly owner: SyncedFolder;
  /** Their number. */
  readonly removed: number;
  /** The revision of the row above. */
  readonly after: number;
}

export function isRemovedRow(row: object): row is RemovedRow {
  return 'removed' in row && 'after' in row;
}

/** `12 versions removed by retention` */
export function removedItem({ removed }: RemovedRow, label: string): vscode.TreeItem {
  const item = new vscode.TreeItem(label);
  const description = vscode.l10n.t('removed by retention');
  item.description = description;
  item.tooltip =
    removed === 1
      ? vscode.l10n.t('The server keeps only some revisions of this tree. It has removed 1 version here.')
      : vscode.l10n.t(
          'The server keeps only some revisions of this tree. It has removed {0} versions here.',
          formatNumber(removed),
        );
  item.accessibilityInformation = rowLabel(label, description);
  item.iconPath = new vscode.ThemeIcon('circle-slash');
  item.contextValue = 'removed';
  return item;
}

/** Three lines: the revision and its author, the exact time, and the whole message. */
export function pushTooltip(revision: number, push: Push): string {
  return joined('\n', pushLabel(revision, push), formatDate(new Date(push.createdAt)), push.message ?? '');
}
