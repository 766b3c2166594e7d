import * as vscode from 'vscode';
import type { Entry } from '../../core/entry';
import { isExecutable } from '../../core/reconcile/dropHeld';
import type { FileChoice } from '../../core/status/fileChoice';
import type { PathState } from '../../core/status/pathState';
import type { RemoteFolders, RemoteNode } from '../../core/status/remoteFolders';
import type { Selection } from '../../core/tracking/selection';
import { formatBytes, formatDate, formatDay, formatNumber, joined } from '../../messages/format';
import { commandIds } from '../shared/ids';
import { inFolderOf, rowLabel } from '../shared/rowLabel';
import { presentations, reasonMessage, statusPresentation } from '../views/statusPresentation';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { serverRowUri } from './rowDecorations';

/** A row of the view: a workspace folder (if there are several), a folder or file of the server, or the rest of a folder. */
export type ServerRow = PathRow | RestRow;

interface PathRow {
  readonly owner: SyncedFolder;
  /** Undefined for a workspace folder. */
  readonly node: RemoteNode | undefined;
}

/** The last row of a folder with more files than the view shows. */
export interface RestRow {
  readonly owner: SyncedFolder;
  readonly folder: string;
  /** The number of nodes that have no row. */
  readonly rest: number;
}

export function isRestRow(row: ServerRow): row is RestRow {
  return 'rest' in row;
}

/** The values from which the rows of one workspace folder are drawn. */
export interface ServerTable {
  readonly folders: RemoteFolders;
  /** A snapshot of the rules. */
  readonly selection: Selection;
  /** The choice of files for a first pull, while the user makes it. */
  readonly choice: FileChoice | undefined;
}

/**
 * Why a file of the server is not here. `left`: the user has left it out. `excluded`: a pattern excludes it. `pending`: a
 * pull brings it. `deleted`, `held`, `problem`: its state.
 */
type Absence = 'left' | 'excluded' | 'pending' | 'deleted' | 'held' | 'problem';

function absenceOf({ sync }: SyncedFolder, { selection }: ServerTable, path: string): Absence | undefined {
  if (sync.isOnDisk(path)) return undefined;
  const state = sync.pathStates.get(path);
  if (state === 'deleted' || state === 'held' || state === 'problem') return state;
  const rule = selection.ruleFor(path);
  if (rule?.effect === 'untrack') return 'left';
  return rule?.path !== path && selection.excludedBy(path, 'file') !== undefined ? 'excluded' : 'pending';
}

const absences: Readonly<Record<Absence, { readonly word: string; readonly tooltip: string }>> = {
  left: {
    word: vscode.l10n.t('left out here'),
    tooltip: vscode.l10n.t('Left out on this machine. It stays on the server, and Bring Here pulls it.'),
  },
  excluded: {
    word: vscode.l10n.t('excluded here'),
    tooltip: vscode.l10n.t('Excluded by a pattern of this machine or of the tree. Bring Here pulls it all the same.'),
  },
  pending: {
    word: vscode.l10n.t('not here yet'),
    tooltip: vscode.l10n.t('On the server only. The next pull brings it.'),
  },
  deleted: { ...presentations.deleted, word: vscode.l10n.t('deleted here') },
  held: presentations.held,
  problem: presentations.problem,
};

/** The item of a row. */
export function serverItem(row: ServerRow, table: ServerTable | undefined): vscode.TreeItem {
  if (isRestRow(row)) return restItem(row);
  const { owner, node } = row;
  if (table === undefined || node === undefined) return workspaceFolderItem(owner, table);
  const item = node.kind === 'folder' ? folderItem(owner, node, table) : fileItem(row, node, table);
  const { choice, folders } = table;
  if (choice !== undefined) {
    const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
    const state = choice.isChosen(node.path, folders) ? Checked : Unchecked;
    // VS Code says whether it is checked.
    item.checkboxState = { state, accessibilityInformation: { label: node.path } };
    item.contextValue = 'choice';
  }
  return item;
}

function workspaceFolderItem({ folder }: SyncedFolder, table: ServerTable | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem(folder.name, vscode.TreeItemCollapsibleState.Expanded);
  const description = table === undefined ? '' : totalsText(table, '');
  item.description = description;
  item.accessibilityInformation = rowLabel(folder.name, description);
  item.iconPath = new vscode.ThemeIcon('root-folder');
  item.tooltip = folder.uri.fsPath;
  item.contextValue = 'workspaceFolder';
  return item;
}

function folderItem(owner: SyncedFolder, { path, name }: RemoteNode, table: ServerTable): vscode.TreeItem {
  const { here, files } = table.folders.totals(path);
  const isAway = table.choice === undefined && here === 0;
  const uri = serverRowUri(path, { isAway, state: undefined });
  const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const isOnly = !path.includes('/') && table.folders.children('').length === 1;
  const item = new vscode.TreeItem(uri, isOnly ? Expanded : Collapsed);
  item.label = name;
  item.iconPath = vscode.ThemeIcon.Folder;
  const isLeft = isAway && table.selection.ruleFor(path)?.effect === 'untrack';
  const description = totalsText(table, path);
  const word = isLeft ? absences.left.word : isAway ? vscode.l10n.t('not here') : '';
  item.description = joined(' · ', description, word);
  item.accessibilityInformation = rowLabel(name, description, word, inFolderOf(path));
  item.tooltip = joined('\n', path, description, word);
  item.contextValue = isLeft ? 'folder.left' : isAway ? 'folder.away' : here < files ? 'folder.part' : 'folder.here';
  return item;
}

/** `12 files, 3.4 MB`, or `5 of 12 files here, 3.4 MB`. */
function totalsText({ folders, choice }: ServerTable, path: string): string {
  const { files, bytes, here } = folders.totals(path);
  const size = formatBytes(bytes);
  if (choice === undefined && here > 0 && here < files) {
    return vscode.l10n.t('{0} of {1} files here, {2}', formatNumber(here), formatNumber(files), size);
  }
  return files === 1 ? vscode.l10n.t('1 file, {0}', size) : vscode.l10n.t('{0} files, {1}', formatNumber(files), size);
}

function fileItem(row: PathRow, { path, name }: RemoteNode, table: ServerTable): vscode.TreeItem {
  const { owner } = row;
  const { sync } = owner;
  const entry = sync.serverFiles.entry(path);
  const absence = table.choice === undefined ? absenceOf(owner, table, path) : undefined;
  const state = table.choice === undefined ? sync.pathStates.get(path) : undefined;
  const item = new vscode.TreeItem(serverRowUri(path, { isAway: absence !== undefined, state }));
  item.label = name;
  item.iconPath = vscode.ThemeIcon.File;
  const word = stateWord(owner, path, absence, state);
  const size = entry === undefined ? '' : entry.target === undefined ? formatBytes(entry.size) : linkText(entry);
  const date = entry === undefined ? '' : formatDay(dateOf(entry));
  item.description = joined(' · ', size, date, word);
  item.accessibilityInformation = rowLabel(name, word, size, date, inFolderOf(path));
  const detail = absence === undefined ? '' : (reasonMessage(sync, path, state) ?? absences[absence].tooltip);
  const change = absence === undefined && state !== undefined ? statusPresentation(sync, path, state).tooltip : '';
  const kind = entry !== undefined && isExecutable(entry) ? vscode.l10n.t('Executable') : '';
  const time = entry === undefined ? '' : formatDate(dateOf(entry));
  item.tooltip = joined('\n', path, joined(' · ', size, time), kind, detail, change);
  item.contextValue = absence === undefined ? 'file.here' : absence === 'left' ? 'file.left' : 'file.away';
  item.command = {
    command: commandIds.openOnServer,
    title: vscode.l10n.t('Open Server Version'),
    arguments: [row],
  };
  return item;
}

/** `3.4 MB · Nov 24, 2026`, for a list of found files. */
export function entryText({ sync }: SyncedFolder, path: string): string {
  const entry = sync.serverFiles.entry(path);
  return entry === undefined ? '' : joined(' · ', formatBytes(entry.size), formatDay(dateOf(entry)));
}

function stateWord(
  { sync }: SyncedFolder,
  path: string,
  absence: Absence | undefined,
  state: PathState | undefined,
): string {
  if (absence !== undefined) return absences[absence].word;
  return state === undefined ? '' : statusPresentation(sync, path, state).word;
}

function linkText({ target = '' }: Entry): string {
  return vscode.l10n.t('Link to {0}', target);
}

function dateOf({ mtimeNs }: Entry): Date {
  return new Date(Number(mtimeNs / 1_000_000n));
}

function restItem({ owner, rest }: RestRow): vscode.TreeItem {
  const label = vscode.l10n.t('{0} More…', formatNumber(rest));
  const item = new vscode.TreeItem(label);
  const title = vscode.l10n.t('Find File on Server');
  item.tooltip = vscode.l10n.t('The list shows the first files of a large folder. Find the others by their names.');
  item.accessibilityInformation = rowLabel(label, item.tooltip);
  item.iconPath = new vscode.ThemeIcon('search');
  item.contextValue = 'rest';
  item.command = { command: commandIds.findOnServer, title, arguments: [owner.folder.uri] };
  return item;
}
