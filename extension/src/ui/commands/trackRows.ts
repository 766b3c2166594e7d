import * as vscode from 'vscode';
import { compareNaturally } from '../../core/paths';
import type { ExcludedBy } from '../../core/tracking/selection';
import type { Measured } from '../../io/scan/measure';
import { shownFile } from '../documents/shownFile';
import { relativePath } from '../workspace/relativePath';
import { formatBytes, formatNumber, joined } from '../../messages/format';
import { excludedByMessage } from '../../messages/sharedRulesMessages';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** A list of more rows is slow to send to the window. Typing shortens it. */
const maxRows = 500;
/** The natural order of more names takes long. */
const maxSortedNaturally = 5_000;
/** A folder with more is shown with the number of the first ones: counting all of them would take long. */
const maxCounted = 20_000;

export interface TrackRow {
  /** Relative to the workspace folder. */
  readonly path: string;
  readonly name: string;
  readonly isFolder: boolean;
  readonly isTracked: boolean;
  readonly excludedBy: ExcludedBy | undefined;
  /** The active editor shows it. */
  readonly isActive?: boolean;
}

export interface FolderItem {
  readonly name: string;
  readonly isFolder: boolean;
}

/** The files and folders in `folder`, folders first. Throws the errors of `vscode.workspace.fs`. */
export async function itemsIn({ folder: { uri } }: SyncedFolder, folder: string): Promise<FolderItem[]> {
  const found = await vscode.workspace.fs.readDirectory(vscode.Uri.joinPath(uri, folder));
  const items = found.map(([name, type]) => ({ name, isFolder: type === vscode.FileType.Directory }));
  const foldersFirst = (a: FolderItem, b: FolderItem): number => Number(b.isFolder) - Number(a.isFolder);
  const byName = items.length > maxSortedNaturally ? byCodeUnits : compareNaturally;
  return items.sort((a, b) => foldersFirst(a, b) || byName(a.name, b.name));
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The rows of the first items whose name contains the text. A folder may have very many, so the others get no row. */
export function shownRows(
  { sync }: SyncedFolder,
  folder: string,
  items: readonly FolderItem[],
  text: string,
): readonly TrackRow[] {
  const wanted = text.toLowerCase();
  const selection = sync.choice.selection();
  const found: TrackRow[] = [];
  for (const { name, isFolder } of items) {
    if (found.length === maxRows) break;
    if (!name.toLowerCase().includes(wanted)) continue;
    const path = folder === '' ? name : `${folder}/${name}`;
    const excludedBy = selection.excludedBy(path, isFolder ? 'folder' : 'file');
    if (excludedBy?.kind === 'own') continue;
    const isTracked = isFolder ? selection.tracksFolder(path) : selection.includes(path);
    found.push({ path, name, isFolder, isTracked, excludedBy });
  }
  return found;
}

/** The file in the active editor, unless it is tracked or in the list anyway. */
export function activeRow({ folder, sync }: SyncedFolder): TrackRow | undefined {
  const active = shownFile();
  const path = active && relativePath(folder, active);
  if (path === undefined || !path.includes('/') || sync.isTracked(path)) return undefined;
  const excludedBy = sync.choice.selection().excludedBy(path, 'file');
  return { path, name: path, isFolder: false, isTracked: false, excludedBy, isActive: true };
}

/** `12 files, 3.4 MB · excluded by "node_modules"`; without sizes until `measured` is known. */
export function rowDescription(
  { excludedBy, isFolder, isActive = false }: TrackRow,
  measured: Measured | undefined,
): string {
  return joined(
    ' · ',
    isActive ? vscode.l10n.t('the active file') : '',
    measured === undefined ? '' : sizeText(isFolder, measured),
    exclusionText(excludedBy),
  );
}

function sizeText(isFolder: boolean, { files, bytes, isPartial }: Measured): string {
  if (!isFolder) return formatBytes(bytes);
  if (isPartial) return vscode.l10n.t('more than {0} files', formatNumber(maxCounted));
  return files === 1
    ? vscode.l10n.t('1 file, {0}', formatBytes(bytes))
    : vscode.l10n.t('{0} files, {1}', formatNumber(files), formatBytes(bytes));
}

function exclusionText(excludedBy: ExcludedBy | undefined): string {
  if (excludedBy === undefined || excludedBy.kind === 'own') return '';
  if (excludedBy.kind === 'shared') return excludedByMessage(excludedBy.file);
  return excludedBy.kind === 'gitignore'
    ? vscode.l10n.t('excluded by .gitignore')
    : vscode.l10n.t('excluded by "{0}"', excludedBy.pattern);
}

export function measureRow({ sync }: SyncedFolder, { path }: TrackRow, signal: AbortSignal): Promise<Measured> {
  return sync.choice.measure(path, { signal, maxFiles: maxCounted });
}
