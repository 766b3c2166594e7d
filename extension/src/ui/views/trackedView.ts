import * as vscode from 'vscode';
import type { Conflict } from '../../core/change';
import { sortedNaturally } from '../../core/paths';
import { PathTree, type PathNode } from '../../core/status/pathTree';
import type { ActiveMerges } from '../workspace/activeMerges';
import { commaList, fileCount, formatNumber, joined } from '../../messages/format';
import { commandIds, trackedViewId } from '../shared/ids';
import { collisionMessage, conflictMessage } from '../../messages/conflictMessage';
import { pendingSigns } from '../shared/pendingSigns';
import { problemMessage } from '../../messages/problemMessages';
import { inFolderOf, rowLabel } from '../shared/rowLabel';
import { pendingWords } from '../../messages/pendingWords';
import { createTreeView } from '../shared/treeView';
import { rowUri } from './decorations';
import { DrawnRows } from './drawnRows';
import type { LastUsed } from './lastUsed';
import type { MergeableConflicts } from './mergeableConflicts';
import { presentations, reasonMessage, statusPresentation } from './statusPresentation';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** A row of the view: a workspace folder (if there are several), its group of conflicts, or a path. */
export interface Row {
  readonly owner: SyncedFolder;
  /** The path; undefined for a workspace folder and for the group of conflicts. */
  readonly node: PathNode | undefined;
  /** Set for the group of conflicts and the rows in it. */
  readonly section?: 'conflicts';
  /** A folder that is expanded at first: one of few at the top. */
  readonly isExpanded?: boolean;
}

/** Top folders are expanded at first only up to these numbers of rows: drawing rows costs time. */
const maxExpanded = { folders: 3, rowsInside: 200 } as const;

export interface TrackedViewDeps {
  readonly folders: WorkspaceFolders;
  readonly merges: ActiveMerges;
  readonly used: LastUsed;
  readonly mergeable: MergeableConflicts;
}

/** The "Tracked Files" view: a tree with the conflicts on top, and the number of pending changes as its badge. */
export class TrackedView implements vscode.Disposable {
  readonly #provider: TrackedFiles;
  readonly #view: vscode.TreeView<Row>;
  readonly #folders: WorkspaceFolders;
  readonly #subscription: vscode.Disposable;

  constructor({ folders, merges, used, mergeable }: TrackedViewDeps) {
    this.#folders = folders;
    this.#provider = new TrackedFiles(folders, merges, mergeable);
    this.#view = createTreeView<Row>(trackedViewId, {
      treeDataProvider: this.#provider,
      showCollapseAll: true,
      canSelectMany: true,
    });
    used.follow(this.#view);
    this.#subscription = vscode.Disposable.from(
      folders.onDidChange(() => this.#refresh()),
      merges.onDidChange(() => this.#provider.refresh(true)),
      mergeable.onDidChange(() => this.#provider.refresh(true)),
    );
  }

  get onDidSelect(): vscode.Event<vscode.TreeViewSelectionChangeEvent<Row>> {
    return this.#view.onDidChangeSelection;
  }

  /** Reveals the conflicts of `folder`, else of the first folder that has some, else focuses the view. */
  async showConflicts(folder?: vscode.Uri): Promise<void> {
    const conflicted = this.#folders.all.filter((owner) => this.#provider.hasConflicts(owner));
    const owner = conflicted.find((each) => each.folder.uri.toString() === folder?.toString()) ?? conflicted[0];
    if (owner === undefined) await vscode.commands.executeCommand(`${trackedViewId}.focus`);
    else await this.#view.reveal(this.#provider.groupOf(owner), { focus: true, select: true, expand: true });
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#view.dispose();
    this.#provider.dispose();
  }

  #refresh(): void {
    this.#provider.refresh();
    const pending = this.#folders.all.reduce((sum, { sync }) => sum + (sync.folderSummaries.get('')?.changes ?? 0), 0);
    this.#view.badge = pending === 0 ? undefined : { value: pending, tooltip: pendingTooltip(pending) };
    const trees = this.#folders.all.flatMap(({ sync: { isConnected, state } }) => {
      return isConnected && state.binding ? [state.binding.tree] : [];
    });
    this.#view.description = commaList(trees);
  }
}

/** The rows of one folder, computed once for each of its `pathStates`. */
interface FolderRows {
  readonly tree: PathTree;
  readonly conflicts: ReadonlyMap<string, Conflict>;
  readonly group: Row;
}

class TrackedFiles implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #folders: WorkspaceFolders;
  readonly #merges: ActiveMerges;
  readonly #mergeable: MergeableConflicts;
  readonly #changed = new vscode.EventEmitter<Row[] | undefined>();
  readonly #cache = new WeakMap<ReadonlyMap<string, unknown>, FolderRows>();
  readonly #drawn = new DrawnRows<Row>({
    idOf,
    childrenOf: (row) => this.#childrenOf(row),
    itemOf: (row) => this.#itemOf(row),
  });
  /** The state that the rows show. */
  #shown: readonly unknown[] = [];
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(folders: WorkspaceFolders, merges: ActiveMerges, mergeable: MergeableConflicts) {
    this.#folders = folders;
    this.#merges = merges;
    this.#mergeable = mergeable;
  }

  /** Draws those rows again that changed. Most events only report progress. */
  refresh(isForced = false): void {
    const shown = this.#folders.all.flatMap(shownIn);
    const isSame = shown.length === this.#shown.length && shown.every((value, i) => value === this.#shown[i]);
    if (isSame && !isForced) return;
    this.#shown = shown;
    this.#drawn.redraw(this.#changed);
  }

  hasConflicts(owner: SyncedFolder): boolean {
    return this.#conflictPaths(owner).length > 0;
  }

  groupOf(owner: SyncedFolder): Row {
    return this.#drawn.known(this.#rowsOf(owner).group);
  }

  getChildren(row?: Row): Row[] {
    return this.#drawn.children(row);
  }

  getTreeItem(row: Row): vscode.TreeItem {
    return this.#drawn.item(row);
  }

  #childrenOf(row: Row | undefined): Row[] {
    const folders = this.#folders.all;
    if (row === undefined && folders.some((owner) => this.#hasRow(owner))) {
      // Without rows, the view offers to connect or to track files.
      const isUsed = folders.some((owner) => owner.sync.state.isTracking || !this.#rowsOf(owner).tree.isEmpty);
      return isUsed ? folders.map((owner) => ({ owner, node: undefined })) : [];
    }
    const owner = row?.owner ?? folders[0];
    if (owner === undefined) return [];
    const { tree, group } = this.#rowsOf(owner);
    if (row?.section !== undefined) {
      return this.#conflictPaths(owner).map((path) => ({ owner, node: conflictNode(path), section: 'conflicts' }));
    }
    const nodes = tree.children(row?.node?.path ?? '');
    const areFew = row?.node === undefined && nodes.length <= maxExpanded.folders;
    const isExpanded = ({ path }: PathNode): boolean => areFew && tree.maxRowCount(path) <= maxExpanded.rowsInside;
    const rows = nodes.map((node): Row => ({ owner, node, isExpanded: isExpanded(node) }));
    return row?.node === undefined && this.hasConflicts(owner) ? [group, ...rows] : rows;
  }

  getParent({ owner, node, section }: Row): Row | undefined {
    const top: Row | undefined = this.#hasRow(owner) ? { owner, node: undefined } : undefined;
    if (section !== undefined) return node === undefined ? top : this.groupOf(owner);
    if (node === undefined) return undefined;
    const folder = folderOf(node.path);
    if (folder === '') return top;
    const parent = this.#rowsOf(owner)
      .tree.children(folderOf(folder))
      .find(({ path }) => path === folder);
    return parent === undefined ? top : { owner, node: parent };
  }

  #itemOf(row: Row): vscode.TreeItem {
    if (row.section !== undefined) return row.node === undefined ? this.#groupItem(row) : this.#conflictItem(row);
    if (row.node === undefined) return folderItem(row.owner);
    return this.#pathItem(row.owner, row.node, row.isExpanded === true);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  /** Whether the workspace folder itself has a row: it is tracked, or one of several. */
  #hasRow(owner: SyncedFolder): boolean {
    return this.#folders.all.length > 1 || isTracked(owner);
  }

  #groupItem({ owner }: Row): vscode.TreeItem {
    const item = new vscode.TreeItem(vscode.l10n.t('Conflicts'), vscode.TreeItemCollapsibleState.Expanded);
    const { length } = this.#conflictPaths(owner);
    item.description = formatNumber(length);
    item.tooltip = vscode.l10n.t('These files changed here and on the server. Both versions are kept.');
    item.accessibilityInformation = rowLabel(vscode.l10n.t('Conflicts'), formatNumber(length));
    item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor(presentations.conflict.color));
    item.contextValue = 'conflicts';
    return item;
  }

  #conflictItem({ owner, node }: Row): vscode.TreeItem {
    const path = node?.path ?? '';
    const conflict = this.#rowsOf(owner).conflicts.get(path);
    const uri = vscode.Uri.joinPath(owner.folder.uri, ...path.split('/'));
    const item = new vscode.TreeItem(rowUri(uri), vscode.TreeItemCollapsibleState.None);
    item.label = node?.name ?? path;
    const isMerging = this.#merges.find(owner, path) !== undefined;
    const kind = isMerging ? vscode.l10n.t('merging') : conflict === undefined ? '' : conflictMessage(conflict);
    item.iconPath = vscode.ThemeIcon.File;
    item.description = joined(' · ', folderOf(path), kind);
    const collision = conflict === undefined ? '' : collisionMessage(conflict);
    item.tooltip = joined('\n', path, collision);
    const state = isMerging ? kind : presentations.conflict.word;
    item.accessibilityInformation = rowLabel(node?.name ?? path, state, collision, inFolderOf(path));
    item.contextValue = isMerging ? 'file.conflict.text.merging' : this.#contextOf(owner, 'conflict', conflict);
    item.command = { command: commandIds.compare, title: vscode.l10n.t('Compare with Server'), arguments: [uri] };
    return item;
  }

  #pathItem(owner: SyncedFolder, node: PathNode, isExpanded: boolean): vscode.TreeItem {
    const uri = vscode.Uri.joinPath(owner.folder.uri, ...node.path.split('/'));
    const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(rowUri(uri), node.kind === 'file' ? None : isExpanded ? Expanded : Collapsed);
    item.label = node.name;
    item.contextValue = node.kind === 'folder' ? folderContext(node) : this.#fileContext(owner, node);
    if (node.state !== undefined && node.kind === 'file') {
      item.description = statusPresentation(owner.sync, node.path, node.state).word;
      // The decoration adds the state to it.
      item.tooltip = node.path;
    }
    item.accessibilityInformation = this.#pathLabel(owner, node);
    item.iconPath = node.kind === 'folder' ? vscode.ThemeIcon.Folder : vscode.ThemeIcon.File;
    if (node.kind === 'folder') {
      if (node.pending !== undefined) item.description = pendingSigns(node.pending);
      // A folder has a problem of its own if its disk is missing, for instance.
      const problem = owner.sync.problemAt(node.path);
      if (problem !== undefined) item.tooltip = `${node.path}\n${problemMessage(problem)}`;
    } else if (node.state === 'problem' || (node.state !== 'incoming' && owner.sync.isOnDisk(node.path))) {
      item.command = { command: 'vscode.open', title: vscode.l10n.t('Open'), arguments: [uri] };
    }
    return item;
  }

  #pathLabel({ sync }: SyncedFolder, { kind, name, path, state, pending }: PathNode): { readonly label: string } {
    const inFolder = inFolderOf(path);
    const detail = reasonMessage(sync, path, state) ?? '';
    if (kind === 'folder') {
      const words = pending === undefined ? [] : pendingWords(pending);
      return rowLabel(name, vscode.l10n.t('folder'), ...words, inFolder, detail);
    }
    if (state === undefined) return rowLabel(name, inFolder);
    return rowLabel(name, statusPresentation(sync, path, state).word, inFolder, detail);
  }

  /** The `viewItem` of the manifest's menus: `file.STATE`, with `.text` for a conflict that may be merged. */
  #contextOf(owner: SyncedFolder, state: string, conflict: Conflict | undefined): string {
    const isMergeable = conflict !== undefined && this.#mergeable.isMergeable(owner, conflict);
    return isMergeable ? `file.${state}.text` : `file.${state}`;
  }

  #fileContext(owner: SyncedFolder, { path, state }: PathNode): string {
    if (state === undefined) return 'file';
    return this.#contextOf(owner, state, state === 'conflict' ? this.#rowsOf(owner).conflicts.get(path) : undefined);
  }

  /** The conflicts and the active merges, even if one is saved and no longer looks like a conflict. */
  #conflictPaths(owner: SyncedFolder): readonly string[] {
    const { conflicts } = this.#rowsOf(owner);
    const merging = [...this.#merges.pathsIn(owner)].filter((path) => {
      return !conflicts.has(path) && owner.sync.isOnDisk(path);
    });
    return merging.length === 0 ? [...conflicts.keys()] : sortedNaturally([...conflicts.keys(), ...merging]);
  }

  #rowsOf(owner: SyncedFolder): FolderRows {
    const { sync } = owner;
    const states = sync.pathStates;
    let rows = this.#cache.get(states);
    if (rows === undefined) {
      const conflicts = new Map(sync.conflicts.map((conflict) => [conflict.path, conflict]));
      const group: Row = { owner, node: undefined, section: 'conflicts' };
      const tracked = [...sync.rules.values()].filter(({ kind, effect }) => kind === 'folder' && effect === 'track');
      const paths = tracked.map(({ path }) => path).filter((path) => path !== '');
      rows = {
        tree: new PathTree({ observed: sync.trackedFolders, states, summaries: sync.folderSummaries, tracked: paths }),
        conflicts,
        group,
      };
      this.#cache.set(states, rows);
    }
    return rows;
  }
}

function pendingTooltip(count: number): string {
  return count === 1
    ? vscode.l10n.t('1 change not synced')
    : vscode.l10n.t('{0} changes not synced', formatNumber(count));
}

function folderContext({ state }: PathNode): string {
  return state === undefined ? 'folder' : `folder.${state}`;
}

/** By this id, the workbench remembers which rows the user expanded or collapsed. */
function idOf({ owner, node, section }: Row): string {
  const folder = owner.folder.uri.toString();
  if (node === undefined && section === undefined) return folder;
  // No path is taken for the group of conflicts, whatever its name.
  return [folder, section ?? 'paths', node?.path ?? ''].join('\0');
}

/** Other values when the rows of the folder may have changed. */
function shownIn({ sync }: SyncedFolder): readonly unknown[] {
  return [sync.pathStates, sync.knownRevision, sync.rulesVersion, sync.isConnected];
}

/** Whether the workspace folder itself is tracked. */
function isTracked({ sync }: SyncedFolder): boolean {
  return sync.rules.get('')?.effect === 'track';
}

function folderItem(owner: SyncedFolder): vscode.TreeItem {
  const { folder, sync } = owner;
  const item = new vscode.TreeItem(folder.name, vscode.TreeItemCollapsibleState.Expanded);
  const { counts } = sync.state;
  const notConnected = sync.isConnected ? '' : vscode.l10n.t('not connected');
  const files = counts.tracked > 0 || isTracked(owner) ? fileCount(counts.tracked) : '';
  item.description = joined(' · ', notConnected, files, pendingSigns(counts));
  item.accessibilityInformation = rowLabel(folder.name, notConnected, files, ...pendingWords(counts));
  item.iconPath = new vscode.ThemeIcon('root-folder');
  item.tooltip = folder.uri.fsPath;
  const connection = sync.isConnected ? 'connected' : 'unconnected';
  item.contextValue = `workspaceFolder.${isTracked(owner) ? 'tracked.' : ''}${connection}`;
  return item;
}

function conflictNode(path: string): PathNode {
  return { path, name: path.slice(path.lastIndexOf('/') + 1), kind: 'file', state: 'conflict' };
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
