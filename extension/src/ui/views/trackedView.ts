import * as vscode from 'vscode';
import type { Conflict } from '../../core/change';
import { comparePaths } from '../../core/paths';
import { PathTree, type PathNode } from '../../core/status/pathTree';
import { conflictMessage, isMergeable } from './conflictPresentation';
import type { ActiveMerges } from '../workspace/activeMerges';
import { plural } from '../shared/format';
import { commandIds, viewId } from '../shared/ids';
import { statusPresentation, presentations, pendingSigns } from './statusPresentation';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** A row of the view: a workspace folder (when there are several), its conflicts, or a path in either. */
export interface Row {
  readonly owner: SyncedFolder;
  /** A path; undefined for a row that stands for more. */
  readonly node: PathNode | undefined;
  /** The group at the top, or in it. */
  readonly section?: 'conflicts';
  /** One of few rows at the top: what is in it can be seen at once. */
  readonly isOpen?: boolean;
}

/** With more rows than this at the top, or in one of them, they begin closed: rows cost as they are drawn. */
const most = { atTop: 3, inOne: 200 } as const;

/** The tracked files as a tree, with what waits as the view's badge and the conflicts on top. */
export class TrackedView implements vscode.Disposable {
  readonly #provider: TrackedFiles;
  readonly #view: vscode.TreeView<Row>;
  readonly #folders: WorkspaceFolders;
  readonly #subscription: vscode.Disposable;

  constructor(folders: WorkspaceFolders, merges: ActiveMerges) {
    this.#folders = folders;
    this.#provider = new TrackedFiles(folders, merges);
    this.#view = vscode.window.createTreeView<Row>(viewId, {
      treeDataProvider: this.#provider,
      showCollapseAll: true,
      canSelectMany: true,
    });
    this.#subscription = vscode.Disposable.from(
      folders.onDidChange(() => this.#refresh()),
      merges.onDidChange(() => this.#provider.refresh(true)),
    );
  }

  get onDidSelect(): vscode.Event<vscode.TreeViewSelectionChangeEvent<Row>> {
    return this.#view.onDidChangeSelection;
  }

  /** Leads to the conflicts of `folder`, or of the first that has some; without any, to the view. */
  async showConflicts(folder?: vscode.Uri): Promise<void> {
    const folders = this.#folders.all.filter((one) => this.#provider.hasConflicts(one));
    const owner = folders.find((one) => one.folder.uri.toString() === folder?.toString()) ?? folders[0];
    if (owner === undefined) await vscode.commands.executeCommand(`${viewId}.focus`);
    else await this.#view.reveal(this.#provider.groupOf(owner), { focus: true, select: true, expand: true });
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#view.dispose();
    this.#provider.dispose();
  }

  #refresh(): void {
    this.#provider.refresh();
    const waiting = this.#folders.all.reduce((sum, { sync }) => {
      const { outgoing, incoming, conflicts } = sync.state.counts;
      return sum + outgoing + incoming + conflicts;
    }, 0);
    this.#view.badge =
      waiting === 0 ? undefined : { value: waiting, tooltip: `${plural(waiting, 'change')} not in step` };
    this.#view.description = this.#folders.all
      .flatMap(({ sync: { state } }) => (state.binding === undefined ? [] : [state.binding.tree]))
      .join(', ');
  }
}

/** What is made of one set of states, once. */
interface Shown {
  readonly tree: PathTree;
  readonly conflicts: ReadonlyMap<string, Conflict>;
  readonly group: Row;
}

class TrackedFiles implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #folders: WorkspaceFolders;
  readonly #merges: ActiveMerges;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #made = new WeakMap<ReadonlyMap<string, unknown>, Shown>();
  #shown: readonly ReadonlyMap<string, unknown>[] = [];
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(folders: WorkspaceFolders, merges: ActiveMerges) {
    this.#folders = folders;
    this.#merges = merges;
  }

  /** Draws anew when a path's state has changed; not for each progress report. */
  refresh(isNew = false): void {
    const now = this.#folders.all.map(({ sync }) => sync.pathStates);
    if (!isNew && now.length === this.#shown.length && now.every((states, at) => states === this.#shown[at])) return;
    this.#shown = now;
    this.#changed.fire(undefined);
  }

  hasConflicts(owner: SyncedFolder): boolean {
    return this.#inConflict(owner).length > 0;
  }

  groupOf(owner: SyncedFolder): Row {
    return this.#of(owner).group;
  }

  getChildren(row?: Row): Row[] {
    const folders = this.#folders.all;
    if (row === undefined && folders.length > 1) {
      const tracking = folders.filter((owner) => !this.#of(owner).tree.isEmpty);
      return tracking.map((owner) => ({ owner, node: undefined }));
    }
    const owner = row?.owner ?? folders[0];
    if (owner === undefined) return [];
    const { tree, group } = this.#of(owner);
    if (row?.section !== undefined) {
      return this.#inConflict(owner).map((path) => ({ owner, node: conflictNode(path), section: 'conflicts' }));
    }
    const nodes = tree.children(row?.node?.path ?? '');
    const areFew = row?.node === undefined && nodes.length <= most.atTop;
    const isOpen = ({ path }: PathNode): boolean => areFew && tree.maxRowCount(path) <= most.inOne;
    const rows = nodes.map((node): Row => ({ owner, node, isOpen: isOpen(node) }));
    return row?.node === undefined && this.hasConflicts(owner) ? [group, ...rows] : rows;
  }

  getParent({ owner, node, section }: Row): Row | undefined {
    const isAlone = this.#folders.all.length === 1;
    const top: Row | undefined = isAlone ? undefined : { owner, node: undefined };
    if (section !== undefined) return node === undefined ? top : this.groupOf(owner);
    if (node === undefined) return undefined;
    const folder = folderOf(node.path);
    if (folder === '') return top;
    const parent = this.#of(owner)
      .tree.children(folderOf(folder))
      .find(({ path }) => path === folder);
    return parent === undefined ? top : { owner, node: parent };
  }

  getTreeItem(row: Row): vscode.TreeItem {
    if (row.section !== undefined) return row.node === undefined ? this.#groupItem(row) : this.#conflictItem(row);
    if (row.node === undefined) return folderItem(row.owner);
    return this.#pathItem(row.owner, row.node, row.isOpen === true);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #groupItem({ owner }: Row): vscode.TreeItem {
    const item = new vscode.TreeItem('Conflicts', vscode.TreeItemCollapsibleState.Expanded);
    const { length } = this.#inConflict(owner);
    item.id = `${owner.folder.uri.toString()}\0conflicts`;
    item.description = String(length);
    item.tooltip = `${plural(length, 'file')} changed here and on the server. Neither version was touched.`;
    item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor(presentations.conflict.color));
    item.contextValue = 'conflicts';
    return item;
  }

  #conflictItem({ owner, node }: Row): vscode.TreeItem {
    const path = node?.path ?? '';
    const conflict = this.#of(owner).conflicts.get(path);
    const uri = vscode.Uri.joinPath(owner.folder.uri, ...path.split('/'));
    const item = new vscode.TreeItem(uri, vscode.TreeItemCollapsibleState.None);
    item.id = `${owner.folder.uri.toString()}\0conflicts\0${path}`;
    item.label = node?.name ?? path;
    const isBegun = this.#merges.find(owner, path) !== undefined;
    const words = isBegun ? 'merging' : conflict === undefined ? '' : conflictMessage(conflict);
    const parts = [folderOf(path), words];
    item.description = parts.filter((part) => part !== '').join(' · ');
    item.tooltip = path;
    item.contextValue = isBegun ? 'file.conflict.text' : contextOf('conflict', conflict);
    item.command = { command: commandIds.compare, title: 'Compare with Server', arguments: [uri] };
    return item;
  }

  #pathItem(owner: SyncedFolder, node: PathNode, isOpen: boolean): vscode.TreeItem {
    const uri = vscode.Uri.joinPath(owner.folder.uri, ...node.path.split('/'));
    const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
    // The workbench remembers by the id what the user opened and closed since.
    const item = new vscode.TreeItem(uri, node.kind === 'file' ? None : isOpen ? Expanded : Collapsed);
    item.id = `${owner.folder.uri.toString()}\0${node.path}`;
    item.label = node.name;
    item.contextValue = node.kind === 'folder' ? folderContext(node) : this.#fileContext(owner, node);
    if (node.state !== undefined && node.kind === 'file') {
      item.description = statusPresentation(owner.sync, node.path, node.state).word;
      // The decoration adds what the state means.
      item.tooltip = node.path;
    }
    if (node.kind === 'folder') {
      item.iconPath = vscode.ThemeIcon.Folder;
      if (node.pending !== undefined) item.description = pendingSigns(node.pending);
    } else if (node.state === 'problem' || (node.state !== 'incoming' && owner.sync.isOnDisk(node.path))) {
      item.command = { command: 'vscode.open', title: 'Open', arguments: [uri] };
    }
    return item;
  }

  #fileContext(owner: SyncedFolder, { path, state }: PathNode): string {
    if (state === undefined) return 'file';
    return contextOf(state, state === 'conflict' ? this.#of(owner).conflicts.get(path) : undefined);
  }

  /** A merge that is not finished belongs to them, whatever has been saved of it. */
  #inConflict(owner: SyncedFolder): readonly string[] {
    const { conflicts } = this.#of(owner);
    const begun = [...this.#merges.pathsIn(owner)].filter((path) => {
      return !conflicts.has(path) && owner.sync.isOnDisk(path);
    });
    return begun.length === 0 ? [...conflicts.keys()] : [...conflicts.keys(), ...begun].sort(comparePaths);
  }

  #of(owner: SyncedFolder): Shown {
    const { sync } = owner;
    const states = sync.pathStates;
    let shown = this.#made.get(states);
    if (shown === undefined) {
      const conflicts = new Map(sync.conflicts.map((conflict) => [conflict.path, conflict]));
      const group: Row = { owner, node: undefined, section: 'conflicts' };
      shown = { tree: new PathTree(sync.trackedFolders, states), conflicts, group };
      this.#made.set(states, shown);
    }
    return shown;
  }
}

/** What the menus in package.json go by: `file.STATE`, and `.text` where a conflict can be merged. */
function contextOf(state: string, conflict: Conflict | undefined): string {
  return conflict !== undefined && isMergeable(conflict) ? `file.${state}.text` : `file.${state}`;
}

function folderContext({ state }: PathNode): string {
  return state === undefined ? 'folder' : `folder.${state}`;
}

function folderItem({ folder }: SyncedFolder): vscode.TreeItem {
  const item = new vscode.TreeItem(folder.name, vscode.TreeItemCollapsibleState.Expanded);
  item.id = folder.uri.toString();
  item.iconPath = new vscode.ThemeIcon('root-folder');
  item.contextValue = 'workspaceFolder';
  return item;
}

function conflictNode(path: string): PathNode {
  return { path, name: path.slice(path.lastIndexOf('/') + 1), kind: 'file', state: 'conflict' };
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
