import * as vscode from 'vscode';
import { FileChoice, type ChosenPaths } from '../../core/status/fileChoice';
import { parentOf } from '../../core/paths';
import type { RemoteNode } from '../../core/status/remoteFolders';
import { PalmtreeError } from '../../errors';
import { sentences } from '../../messages/format';
import { contextKeys, serverViewId } from '../shared/ids';
import { createTreeView } from '../shared/treeView';
import { DrawnRows } from '../views/drawnRows';
import type { LastUsed } from '../views/lastUsed';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { registerServerDecorations } from './rowDecorations';
import { choiceTexts, tableMessage } from './serverMessages';
import { isRestRow, serverItem, type ServerRow, type ServerTable } from './serverRows';

/** A folder with more nodes shows the first ones only: VS Code takes long to draw so many rows, and nobody reads them. */
const maxRows = 1_000;

/** The folder of which the user chooses the files of the first pull. */
interface Choosing {
  readonly owner: SyncedFolder;
  readonly choice: FileChoice;
}

type Loaded = Pick<ServerTable, 'folders' | 'selection'> & { readonly shown: readonly unknown[] };

/**
 * The "Server" view: all files of the trees, as last known, dimmed where they are not here. It does nothing while it is
 * hidden.
 */
export class ServerView implements vscode.TreeDataProvider<ServerRow>, vscode.Disposable {
  readonly #folders: WorkspaceFolders;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<ServerRow[] | undefined>();
  readonly #view: vscode.TreeView<ServerRow>;
  readonly #subscriptions: vscode.Disposable;
  readonly #loaded = new Map<SyncedFolder, Loaded>();
  readonly #drawn = new DrawnRows<ServerRow>({
    idOf: (row) => idOf(row, this.#choosing !== undefined),
    childrenOf: (row) => this.#childrenOf(row),
    itemOf: (row) => serverItem(row, this.#tableOf(row.owner)),
  });
  #choosing: Choosing | undefined;
  #loading: Promise<void> | undefined;
  #isStale = false;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(folders: WorkspaceFolders, used: LastUsed, log: vscode.LogOutputChannel) {
    this.#folders = folders;
    this.#log = log;
    this.#view = createTreeView<ServerRow>(serverViewId, {
      treeDataProvider: this,
      showCollapseAll: true,
      canSelectMany: true,
    });
    used.follow(this.#view);
    this.#subscriptions = vscode.Disposable.from(
      this.#view,
      this.#changed,
      registerServerDecorations(),
      this.#view.onDidChangeVisibility(() => this.#update()),
      this.#view.onDidChangeCheckboxState(({ items }) => this.#choose(items)),
      folders.onDidChange(() => this.#update()),
    );
  }

  /** The selected rows of the visible view. */
  get selection(): readonly ServerRow[] {
    return this.#view.visible ? this.#view.selection : [];
  }

  /** The folder of which the user chooses files. Throws cancelled if there is none. */
  get choosing(): SyncedFolder {
    if (this.#choosing === undefined) throw new PalmtreeError('cancelled', 'no files are being chosen');
    return this.#choosing.owner;
  }

  /** Shows a checkbox for each file and folder of the folder's tree, all checked. */
  async startChoosing(owner: SyncedFolder): Promise<void> {
    this.#choosing = { owner, choice: new FileChoice() };
    await vscode.commands.executeCommand('setContext', contextKeys.choosing, true);
    await this.#load();
    await vscode.commands.executeCommand(`${serverViewId}.focus`);
  }

  /** The checked paths and the others. */
  async chosen(): Promise<ChosenPaths> {
    const { owner, choice } = this.#requireChoosing();
    return choice.split(await owner.sync.serverFiles.folders());
  }

  async endChoosing(): Promise<void> {
    this.#choosing = undefined;
    await vscode.commands.executeCommand('setContext', contextKeys.choosing, false);
    this.#update();
  }

  /** Shows the view and selects the file at `path`. */
  async reveal(owner: SyncedFolder, path: string): Promise<void> {
    await this.#load();
    const row = this.#rowOf(owner, path);
    if (row === undefined) await vscode.commands.executeCommand(`${serverViewId}.focus`);
    else await this.#view.reveal(this.#drawn.known(row), { select: true, focus: true });
  }

  async focus(): Promise<void> {
    await vscode.commands.executeCommand(`${serverViewId}.focus`);
  }

  async getChildren(row?: ServerRow): Promise<ServerRow[]> {
    if (row === undefined && this.#loaded.size === 0) await this.#load();
    return this.#drawn.children(row);
  }

  getParent(row: ServerRow): ServerRow | undefined {
    const path = isRestRow(row) ? row.folder : row.node && parentOf(row.node.path);
    if (path === undefined) return undefined;
    const parent = path === '' ? this.#topOf(row.owner) : this.#rowOf(row.owner, path);
    return parent === undefined ? undefined : this.#drawn.known(parent);
  }

  getTreeItem(row: ServerRow): vscode.TreeItem {
    return this.#drawn.item(row);
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  get #owners(): readonly SyncedFolder[] {
    if (this.#choosing !== undefined) return [this.#choosing.owner];
    return this.#folders.all.filter(({ sync }) => sync.isConnected);
  }

  #requireChoosing(): Choosing {
    if (this.#choosing !== undefined) return this.#choosing;
    throw new PalmtreeError('cancelled', 'no files are being chosen');
  }

  #tableOf(owner: SyncedFolder): ServerTable | undefined {
    const loaded = this.#loaded.get(owner);
    const choice = this.#choosing?.owner === owner ? this.#choosing.choice : undefined;
    return loaded && { ...loaded, choice };
  }

  #update(): void {
    if (!this.#view.visible) return;
    this.#load().catch((error: unknown) => this.#log.error(error instanceof Error ? error : String(error)));
  }

  /** Builds the tables that have changed, and then draws the rows that have. Changes meanwhile are loaded at the end. */
  #load(): Promise<void> {
    this.#isStale = true;
    this.#loading ??= this.#loadWhileStale().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #loadWhileStale(): Promise<void> {
    let isChanged = false;
    while (this.#isStale) {
      this.#isStale = false;
      if (await this.#loadOnce()) isChanged = true;
    }
    this.#describe();
    if (isChanged) this.#drawn.redraw(this.#changed);
  }

  /** Returns whether the rows may have changed. */
  async #loadOnce(): Promise<boolean> {
    this.#endChoiceOfClosed();
    const owners = this.#owners;
    let isChanged = false;
    for (const owner of this.#loaded.keys()) {
      if (owners.includes(owner)) continue;
      this.#loaded.delete(owner);
      isChanged = true;
    }
    for (const owner of owners) {
      const { sync } = owner;
      const folders = await sync.serverFiles.folders();
      const shown = [folders, sync.pathStates, sync.rulesVersion, this.#choosing?.choice];
      const before = this.#loaded.get(owner)?.shown;
      if (before !== undefined && shown.every((value, i) => value === before[i])) continue;
      this.#loaded.set(owner, { folders, selection: sync.choice.selection(), shown });
      isChanged = true;
    }
    return isChanged;
  }

  /** Ends the choice if its folder was closed or disconnected. */
  #endChoiceOfClosed(): void {
    const sync = this.#choosing?.owner.sync;
    const isOpen = sync?.isConnected === true && this.#folders.all.some((owner) => owner.sync === sync);
    if (sync !== undefined && !isOpen) void this.endChoosing();
  }

  #describe(): void {
    const choosing = this.#choosing;
    const owners = this.#owners;
    const [only] = owners;
    if (choosing !== undefined) {
      this.#describeChoice(choosing);
      return;
    }
    const message = sentences(
      ...owners.map((owner) => tableMessage(owner, this.#loaded.get(owner)?.folders, owners.length > 1)),
    );
    const revision = owners.length === 1 && only !== undefined ? only.sync.knownRevision : 0;
    this.#say(message, revision === 0 ? '' : vscode.l10n.t('r{0}', revision));
  }

  /** VS Code draws the view again at each assignment. */
  #say(message: string, description: string): void {
    if ((this.#view.message ?? '') !== message) this.#view.message = message;
    if ((this.#view.description ?? '') !== description) this.#view.description = description;
  }

  #describeChoice({ owner, choice }: Choosing): void {
    const folders = this.#loaded.get(owner)?.folders;
    if (folders === undefined) return;
    const sizeOf = (path: string): number => owner.sync.serverFiles.entry(path)?.size ?? 0;
    const { message, description } = choiceTexts(choice.totals('', folders, sizeOf), folders.totals(''));
    this.#say(message, description);
  }

  /** VS Code lists the clicked row first, then the rows in it and above it that have changed with it. */
  #choose(items: readonly (readonly [ServerRow, vscode.TreeItemCheckboxState])[]): void {
    const choosing = this.#choosing;
    const [clicked] = items;
    if (choosing === undefined || clicked === undefined) return;
    const [row, state] = clicked;
    if (isRestRow(row) || row.node === undefined) return;
    choosing.choice.set(row.node.path, state === vscode.TreeItemCheckboxState.Checked);
    // VS Code has changed these rows by itself. A row that is drawn again would lose the next click.
    for (const [changed] of items) this.#drawn.item(changed);
    this.#describe();
  }

  /** Checks these rows, or unchecks them if all are checked. False if the view has none of them with a checkbox. */
  toggle(rows: readonly unknown[]): boolean {
    const choosing = this.#choosing;
    const folders = choosing && this.#loaded.get(choosing.owner)?.folders;
    const paths = rows.filter(isPathRow).map(({ node }) => node.path);
    if (choosing === undefined || folders === undefined || paths.length === 0) return false;
    const isChecked = paths.every((path) => choosing.choice.isChosen(path, folders));
    for (const path of paths) choosing.choice.set(path, !isChecked);
    this.#describe();
    this.#drawn.redraw(this.#changed);
    return true;
  }

  #topOf(owner: SyncedFolder): ServerRow | undefined {
    return this.#owners.length > 1 ? { owner, node: undefined } : undefined;
  }

  #rowOf(owner: SyncedFolder, path: string): ServerRow | undefined {
    const nodes = this.#loaded
      .get(owner)
      ?.folders.children(parentOf(path) ?? '')
      .slice(0, maxRows);
    const node = nodes?.find((each) => each.path === path);
    return node && { owner, node };
  }

  #childrenOf(row: ServerRow | undefined): ServerRow[] {
    const owners = this.#owners;
    if (row === undefined && owners.length > 1) return owners.map((owner) => ({ owner, node: undefined }));
    const owner = row?.owner ?? owners[0];
    if (owner === undefined || (row !== undefined && isRestRow(row)) || row?.node?.kind === 'file') return [];
    const folder = row?.node?.path ?? '';
    const nodes = this.#loaded.get(owner)?.folders.children(folder) ?? [];
    const rows = nodes.slice(0, maxRows).map((node): ServerRow => ({ owner, node }));
    return nodes.length > maxRows ? [...rows, { owner, folder, rest: nodes.length - maxRows }] : rows;
  }
}

function isPathRow(row: unknown): row is { readonly node: RemoteNode } {
  if (typeof row !== 'object' || row === null || !('node' in row)) return false;
  const { node } = row;
  return typeof node === 'object' && node !== null && 'name' in node && !('parent' in node);
}

/**
 * By this id, the workbench remembers which rows the user expanded or collapsed. `hasCheckbox`: VS Code does not take the
 * checkbox away from a row that keeps its id.
 */
function idOf(row: ServerRow, hasCheckbox: boolean): string {
  const folder = row.owner.folder.uri.toString() + (hasCheckbox ? '\0choice' : '');
  if (isRestRow(row)) return [folder, 'rest', row.folder].join('\0');
  return row.node === undefined ? folder : [folder, row.node.kind, row.node.path].join('\0');
}
