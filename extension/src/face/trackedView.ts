import * as vscode from 'vscode';
import { PathTree, type PathNode } from '../engine/pathTree';
import { viewId } from './ids';
import { looks } from './pathLook';
import { plural } from './figures';
import type { SyncedFolder, WorkspaceFolders } from './workspaceFolders';

/** A row of the view: a workspace folder (when there are several), or a path in one. */
export interface Row {
  readonly owner: SyncedFolder;
  readonly node: PathNode | undefined;
}

/** The tracked files as a tree, with what waits as the view's badge. */
export function createTrackedView(folders: WorkspaceFolders): vscode.Disposable {
  const provider = new TrackedFiles(folders);
  const view = vscode.window.createTreeView<Row>(viewId, {
    treeDataProvider: provider,
    showCollapseAll: true,
    canSelectMany: true,
  });
  const subscription = folders.onDidChange(() => {
    provider.refresh();
    const waiting = folders.all.reduce((sum, { sync }) => {
      const { outgoing, incoming, conflicts } = sync.state.counts;
      return sum + outgoing + incoming + conflicts;
    }, 0);
    view.badge = waiting === 0 ? undefined : { value: waiting, tooltip: `${plural(waiting, 'change')} not in step` };
    view.description = folders.all
      .flatMap(({ sync: { state } }) => (state.binding === undefined ? [] : [state.binding.tree]))
      .join(', ');
  });
  return vscode.Disposable.from(view, provider, subscription);
}

class TrackedFiles implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #folders: WorkspaceFolders;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #trees = new WeakMap<ReadonlyMap<string, unknown>, PathTree>();
  #shown: readonly ReadonlyMap<string, unknown>[] = [];
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(folders: WorkspaceFolders) {
    this.#folders = folders;
  }

  /** Draws anew when a path's state has changed; not for each progress report. */
  refresh(): void {
    const now = this.#folders.all.map(({ sync }) => sync.pathStates);
    if (now.length === this.#shown.length && now.every((states, at) => states === this.#shown[at])) return;
    this.#shown = now;
    this.#changed.fire(undefined);
  }

  getChildren(row?: Row): Row[] {
    const folders = this.#folders.all;
    if (row === undefined && folders.length > 1) {
      const tracking = folders.filter((owner) => !this.#treeOf(owner).isEmpty);
      return tracking.map((owner) => ({ owner, node: undefined }));
    }
    const owner = row?.owner ?? folders[0];
    if (owner === undefined) return [];
    return this.#treeOf(owner)
      .children(row?.node?.path ?? '')
      .map((node) => ({ owner, node }));
  }

  getTreeItem({ owner, node }: Row): vscode.TreeItem {
    if (node === undefined) {
      const item = new vscode.TreeItem(owner.folder.name, vscode.TreeItemCollapsibleState.Expanded);
      item.iconPath = new vscode.ThemeIcon('root-folder');
      item.contextValue = 'workspaceFolder';
      return item;
    }
    const uri = vscode.Uri.joinPath(owner.folder.uri, ...node.path.split('/'));
    const { Collapsed, None } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(uri, node.kind === 'folder' ? Collapsed : None);
    item.id = `${owner.folder.uri.toString()}\0${node.path}`;
    item.label = node.name;
    item.contextValue = node.state === undefined ? node.kind : `${node.kind}.${node.state}`;
    if (node.state !== undefined && node.kind === 'file') {
      const look = looks[node.state];
      item.description = look.word;
      // The decoration adds what the state means.
      item.tooltip = node.path;
    }
    if (node.kind === 'folder') {
      item.iconPath = vscode.ThemeIcon.Folder;
    } else if (node.state !== 'deleted' && node.state !== 'incoming') {
      item.command = { command: 'vscode.open', title: 'Open', arguments: [uri] };
    }
    return item;
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #treeOf({ sync }: SyncedFolder): PathTree {
    const states = sync.pathStates;
    let tree = this.#trees.get(states);
    if (tree === undefined) this.#trees.set(states, (tree = new PathTree(sync.trackedPaths, states)));
    return tree;
  }
}
