import { join } from 'node:path';
import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { sha256 } from '../../io/fs/sha256';
import { openStoreAndScanner } from '../../io/openStoreAndScanner';
import { FolderSync } from '../../sync/folder/folderSync';
import type { FolderConnection } from '../connect/connection';
import { showError } from '../shared/notify';
import { setting } from '../shared/settings';
import { watchFolder } from './watcher';

/** One workspace folder with what keeps it in step. */
export interface SyncedFolder {
  readonly folder: vscode.WorkspaceFolder;
  readonly sync: FolderSync;
}

export interface WorkspaceFoldersDeps {
  /** Undefined when no folder is open: there is no workspace storage then. */
  readonly storageUri: vscode.Uri | undefined;
  readonly extensionUri: vscode.Uri;
  readonly log: vscode.LogOutputChannel;
  readonly connection: FolderConnection;
}

/** The open folders, each with a tree of its own. Invariant: nothing is opened before the workspace is trusted. */
export class WorkspaceFolders implements vscode.Disposable {
  readonly #deps: WorkspaceFoldersDeps;
  readonly #opened = new Map<string, SyncedFolder & { watcher: vscode.Disposable }>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[] = [];
  #isReady = false;
  #isDisposed = false;
  #turn: Promise<void> = Promise.resolve();
  /** Why a folder could not be opened. Each command tries again. */
  readonly #failures = new Map<string, unknown>();

  /** Fires on each change of any folder's state, and when folders come or go. */
  readonly onDidChange = this.#changed.event;

  constructor(parts: WorkspaceFoldersDeps) {
    this.#deps = parts;
  }

  get all(): readonly SyncedFolder[] {
    const order = vscode.workspace.workspaceFolders ?? [];
    return order.flatMap((folder) => this.#opened.get(folder.uri.toString()) ?? []);
  }

  /** The first look at the folders is done. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Opens the folders there are, and follows their coming and going. */
  async start(): Promise<void> {
    this.#subscriptions.push(
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.#inTurn(() => this.#follow())),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.#inTurn(() => this.#follow())),
      vscode.workspace.onDidChangeConfiguration((event) => void this.#inTurn(() => this.#reconfigure(event))),
    );
    await this.#inTurn(() => this.#follow());
  }

  /** One change after the other, or a folder would be opened twice. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch((error: unknown) => this.#deps.log.error(String(error)));
    return this.#turn;
  }

  /** The folder that `uri` lies in; without one, the only folder, or the one the user picks. */
  async find(uri?: vscode.Uri): Promise<SyncedFolder> {
    if (!vscode.workspace.isTrusted) throw new PalmtreeError('untrusted', 'the workspace is not trusted');
    // A command may come while the folders are still being opened: it has activated the extension.
    await this.#turn;
    if (this.#failures.size > 0) await this.#inTurn(() => this.#follow());
    const folders = this.all;
    const [first] = folders;
    const meant = uri && vscode.workspace.getWorkspaceFolder(uri)?.uri.toString();
    for (const [key, failure] of this.#failures) if (first === undefined || key === meant) throw failure;
    if (first === undefined) throw new PalmtreeError('no_folder', 'no folder is open');
    if (uri !== undefined) {
      const found = this.folderOf(uri);
      if (found !== undefined) return found;
      throw new PalmtreeError('not_in_folder', `${uri.toString()} is in no open folder`, {
        details: { paths: [uri.fsPath] },
      });
    }
    if (folders.length === 1) return first;
    const picked = await vscode.window.showWorkspaceFolderPick({ placeHolder: 'Which folder?' });
    const found = folders.find(({ folder }) => folder.uri.toString() === picked?.uri.toString());
    if (found === undefined) throw new PalmtreeError('cancelled', 'no folder was picked');
    return found;
  }

  folderOf(uri: vscode.Uri): SyncedFolder | undefined {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    return folder === undefined ? undefined : this.#opened.get(folder.uri.toString());
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const subscription of this.#subscriptions) subscription.dispose();
    for (const key of [...this.#opened.keys()]) void this.#close(key);
    this.#changed.dispose();
  }

  async #follow(): Promise<void> {
    const wanted = vscode.workspace.isTrusted ? (vscode.workspace.workspaceFolders ?? []) : [];
    const onDisk = wanted.filter(({ uri }) => uri.scheme === 'file');
    const keys = new Set(onDisk.map(({ uri }) => uri.toString()));
    for (const key of this.#opened.keys()) if (!keys.has(key)) await this.#close(key);
    for (const folder of onDisk) {
      if (!this.#opened.has(folder.uri.toString())) {
        await this.#tryOpen(folder);
      }
    }
    this.#isReady = vscode.workspace.isTrusted || wanted.length === 0;
    this.#changed.fire();
  }

  async #tryOpen(folder: vscode.WorkspaceFolder): Promise<void> {
    const key = folder.uri.toString();
    const isKnown = this.#failures.delete(key);
    try {
      await this.#open(folder);
    } catch (error) {
      this.#failures.set(key, error);
      // The command that tries again says it itself.
      if (!isKnown) void showError(error, this.#deps.log);
    }
  }

  async #open(folder: vscode.WorkspaceFolder): Promise<void> {
    const { storageUri, extensionUri, log, connection } = this.#deps;
    if (storageUri === undefined || this.#isDisposed) return;
    const root = folder.uri.fsPath;
    const key = sha256(folder.uri.toString()).slice(0, 16);
    const storage = join(storageUri.fsPath, key);
    const { store, scanner } = await openStoreAndScanner({ dist: join(extensionUri.fsPath, 'dist'), root, storage });
    if (store.setAside !== undefined) {
      log.warn(`the store of ${folder.name} was damaged and set aside at ${store.setAside}`);
      const text = `Palmtree: the list of tracked files of ${folder.name} was damaged. Your files are untouched. Track them again, or Pull; what you had untracked must be untracked again.`;
      void vscode.window.showWarningMessage(text);
    }
    const sync = new FolderSync({
      root,
      store,
      scanner,
      folders: { staging: join(storage, 'staging'), backups: join(storage, 'backups') },
      settings: () => ({
        exclude: setting('exclude', folder.uri),
        respectGitignore: setting('respectGitignore', folder.uri),
        deletionGuardFraction: setting('deletionGuard.share', folder.uri),
      }),
      onDefect: (error) => log.error(error instanceof Error ? error : String(error)),
    });
    sync.onDidChangeState(() => this.#changed.fire());
    const watcher = watchFolder(folder, (paths) => sync.onFileEvents(paths));
    this.#opened.set(folder.uri.toString(), { folder, sync, watcher });
    await connection.restore({ folder, sync });
    // Long on a big folder, and reported through its state.
    void sync.rescan(quiet).catch((error: unknown) => log.warn(String(error)));
  }

  async #close(key: string): Promise<void> {
    const opened = this.#opened.get(key);
    this.#opened.delete(key);
    opened?.watcher.dispose();
    await opened?.sync.dispose();
  }

  async #reconfigure(event: vscode.ConfigurationChangeEvent): Promise<void> {
    for (const opened of this.all) {
      const affects = (name: string): boolean => event.affectsConfiguration(`palmtree.${name}`, opened.folder.uri);
      if (affects('serverUrl') || affects('tree')) await this.#deps.connection.restore(opened);
      if (affects('exclude') || affects('respectGitignore') || affects('serverUrl') || affects('tree')) {
        await opened.sync.rescan(quiet).catch((error: unknown) => this.#deps.log.warn(String(error)));
      }
    }
  }
}

const quiet = { signal: new AbortController().signal, step: () => undefined, progress: () => undefined };
