import { join } from 'node:path';
import * as vscode from 'vscode';
import { excludedPatterns } from '../../core/tracking/excludeSetting';
import { PalmtreeError } from '../../errors';
import { openFolderStorage } from '../../io/openFolderStorage';
import { movedConfirmation } from '../../messages/confirmations';
import type { FolderSync } from '../../sync/folder/folderSync';
import { openFolderSync } from '../../sync/folder/openFolderSync';
import type { BackupLimits } from '../../sync/history/backupLimits';
import { silentReporter } from '../../sync/ports/serverBinding';
import type { PullResult } from '../../sync/pull/pull';
import type { PushResult } from '../../sync/push/push';
import { showModal, showNotification } from '../shared/notification';
import { showError } from '../shared/notify';
import { distrustSharedFiles, setting, warnOfInvalidSettings } from '../shared/settings';
import { relativePath } from './relativePath';
import { pickFolder } from './pickFolder';
import { watchNewFolders } from './newFolders';
import { watchFolder } from './watcher';

/** An open workspace folder, with the sync that belongs to it. */
export interface SyncedFolder {
  readonly folder: vscode.WorkspaceFolder;
  readonly sync: FolderSync;
  /** The absolute path of the folder's storage, which all windows share. */
  readonly storage: string;
}

/** Binds a folder to the server and tree that its settings name. */
export interface FolderBinder {
  restore(target: SyncedFolder): Promise<void>;
}

export interface WorkspaceFoldersDeps {
  /** Undefined when no folder is open: the workspace has no storage then. */
  readonly storageUri: vscode.Uri | undefined;
  readonly globalStorageUri: vscode.Uri;
  readonly extensionUri: vscode.Uri;
  readonly log: vscode.LogOutputChannel;
  readonly binder: FolderBinder;
  /** Called before the folder's files can change. */
  readonly onOpen: (opened: Pick<SyncedFolder, 'folder' | 'storage'>) => Promise<void>;
}

/** A push or a pull of a folder, once it has ended. */
export interface Ended<T> {
  readonly folder: vscode.WorkspaceFolder;
  readonly result: T;
}

type OpenedFolder = SyncedFolder & { readonly watcher: vscode.Disposable };

/** The open workspace folders, each with its own tree. Invariant: no folder is opened before the workspace is trusted. */
export class WorkspaceFolders implements vscode.Disposable {
  readonly #deps: WorkspaceFoldersDeps;
  readonly #opened = new Map<string, OpenedFolder>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #pushed = new vscode.EventEmitter<Ended<PushResult>>();
  readonly #pulled = new vscode.EventEmitter<Ended<PullResult>>();
  readonly #subscriptions: vscode.Disposable[] = [];
  #isReady = false;
  #isDisposed = false;
  /** The last change that was queued: they run one after the other. */
  #last: Promise<void> = Promise.resolve();
  /** The errors of folders that could not be opened. Each command tries again. */
  readonly #failures = new Map<string, unknown>();

  /** Fires when a folder's state changes, and when a folder is added or removed. */
  readonly onDidChange = this.#changed.event;
  /** Fires after a push or a pull that changed something. */
  readonly onDidPush = this.#pushed.event;
  readonly onDidPull = this.#pulled.event;

  constructor(deps: WorkspaceFoldersDeps) {
    this.#deps = deps;
    distrustSharedFiles((file) => {
      const owner = this.folderOf(file);
      const path = owner && relativePath(owner.folder, file);
      return path !== undefined && owner?.sync.held.isShared(path) === true;
    });
  }

  /** In the order of the workspace. */
  get all(): readonly SyncedFolder[] {
    const order = vscode.workspace.workspaceFolders ?? [];
    return order.flatMap((folder) => this.#opened.get(folder.uri.toString()) ?? []);
  }

  /** True once the folders were opened for the first time, or were found to be untrusted. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Opens the folders of the workspace, and those that are added later. */
  async start(): Promise<void> {
    this.#subscriptions.push(
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.#enqueue(() => this.#update())),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.#enqueue(() => this.#update())),
      vscode.window.onDidChangeWindowState(({ focused }) => {
        // The user may come back from the cure: a network, a free disk, another program.
        if (focused) for (const { sync } of this.all) sync.recheck();
      }),
      vscode.workspace.onDidChangeConfiguration((event) => void this.#enqueue(() => this.#reconfigure(event))),
    );
    await this.#enqueue(() => this.#update());
  }

  /** Runs one change after the other: two at once would open a folder twice. */
  #enqueue(change: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(change).catch((error: unknown) => this.#deps.log.error(String(error)));
    return this.#last;
  }

  /**
   * The folder that contains `uri`; without one, the only candidate, or the one that the user picks among them. If there
   * is none, all folders are candidates.
   * Throws untrusted, no_folder, not_in_folder, cancelled, and the error of a folder that cannot be opened.
   */
  async find(uri?: vscode.Uri, isCandidate: (owner: SyncedFolder) => boolean = () => true): Promise<SyncedFolder> {
    if (!vscode.workspace.isTrusted) throw new PalmtreeError('untrusted', 'the workspace is not trusted');
    // A command may have activated the extension, and the folders are still being opened.
    await this.#last;
    if (this.#failures.size > 0) await this.#enqueue(() => this.#update());
    const folders = this.all;
    const [first] = folders;
    const key = uri && vscode.workspace.getWorkspaceFolder(uri)?.uri.toString();
    for (const [failed, error] of this.#failures) if (first === undefined || failed === key) throw error;
    if (first === undefined) throw new PalmtreeError('no_folder', 'no folder is open');
    if (uri !== undefined) {
      const found = this.folderOf(uri);
      if (found !== undefined) return found;
      throw new PalmtreeError('not_in_folder', `${uri.toString()} is in no open folder`, {
        details: { paths: [uri.fsPath] },
      });
    }
    const matching = folders.filter(isCandidate);
    const candidates = matching.length === 0 ? folders : matching;
    return candidates.length === 1 && candidates[0] ? candidates[0] : pickFolder(candidates);
  }

  /** The open folders, once they are opened. Throws untrusted. */
  async opened(): Promise<readonly SyncedFolder[]> {
    if (!vscode.workspace.isTrusted) throw new PalmtreeError('untrusted', 'the workspace is not trusted');
    await this.#last;
    return this.all;
  }

  folderOf(uri: vscode.Uri): SyncedFolder | undefined {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    return folder === undefined ? undefined : this.#opened.get(folder.uri.toString());
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const subscription of this.#subscriptions) subscription.dispose();
    for (const key of [...this.#opened.keys()]) void this.#close(key);
    for (const emitter of [this.#changed, this.#pushed, this.#pulled]) emitter.dispose();
  }

  async #update(): Promise<void> {
    const wanted = vscode.workspace.isTrusted ? (vscode.workspace.workspaceFolders ?? []) : [];
    const onDisk = wanted.filter(({ uri }) => uri.scheme === 'file');
    const keys = new Set(onDisk.map(({ uri }) => uri.toString()));
    for (const key of this.#opened.keys()) if (!keys.has(key)) await this.#close(key);
    for (const folder of onDisk) if (!this.#opened.has(folder.uri.toString())) await this.#tryOpen(folder);
    this.#isReady = true;
    this.#changed.fire();
  }

  async #tryOpen(folder: vscode.WorkspaceFolder): Promise<void> {
    const key = folder.uri.toString();
    const hasFailedBefore = this.#failures.delete(key);
    try {
      await this.#open(folder);
    } catch (error) {
      this.#failures.set(key, error);
      // A command that tries again shows the error itself.
      if (!hasFailedBefore) void showError(error, this.#deps.log);
    }
  }

  async #open(folder: vscode.WorkspaceFolder): Promise<void> {
    const { storageUri, globalStorageUri, extensionUri, log, binder } = this.#deps;
    if (storageUri === undefined || this.#isDisposed) return;
    const root = folder.uri.fsPath;
    const dist = join(extensionUri.fsPath, 'dist');
    const storage = await this.#storageOf(folder, storageUri, dist);
    await this.#deps.onOpen({ folder, storage });
    const { sync, setAside } = await openFolderSync({
      dist,
      root,
      storage,
      ownFolders: [storageUri.fsPath, globalStorageUri.fsPath],
      settings: () => ({
        exclude: excludedPatterns(setting('exclude', folder.uri)),
        respectGitignore: setting('respectGitignore', folder.uri),
        modes: setting('modes', folder.uri),
        deletionGuardFraction: setting('deletionGuard.share', folder.uri),
      }),
      backupLimits,
      onDefect: (error) => log.error(error instanceof Error ? error : String(error)),
    });
    if (setAside !== undefined) this.#warnOfDamage(folder, setAside);
    sync.onDidChangeState(() => this.#changed.fire());
    sync.transfers.onDidPush((result) => this.#pushed.fire({ folder, result }));
    sync.transfers.onDidPull((result) => this.#pulled.fire({ folder, result }));
    const onFault = (error: Error): void => log.warn(`some new folders of ${folder.name} are not watched: ${error}`);
    const watcher = vscode.Disposable.from(
      watchFolder(folder, (paths) => sync.onFileEvents(paths)),
      watchNewFolders(root, sync, onFault),
    );
    const opened = { folder, sync, storage };
    this.#opened.set(folder.uri.toString(), { ...opened, watcher });
    void warnOfInvalidSettings(folder);
    await binder.restore(opened);
    // The scan takes long in a big folder, and shows in the folder's state.
    void sync.rescan(silentReporter).catch((error: unknown) => log.warn(String(error)));
  }

  /** Finds the storage of a folder: the storage of the first window that opened it. */
  async #storageOf(folder: vscode.WorkspaceFolder, storageUri: vscode.Uri, dist: string): Promise<string> {
    const tree = setting('tree', folder.uri);
    const found = await openFolderStorage(
      {
        root: folder.uri.fsPath,
        uri: folder.uri.toString(),
        windowStorage: storageUri.fsPath,
        globalStorage: this.#deps.globalStorageUri.fsPath,
        boundTo: tree === '' ? undefined : [setting('serverUrl', folder.uri), tree].join(' '),
        isMovedFrom: (path) => isMovedFrom(folder, path),
      },
      dist,
    );
    if (found.isLost) this.#warnOfLoss(folder, found.storage);
    return found.storage;
  }

  #warnOfLoss({ name }: vscode.WorkspaceFolder, storage: string): void {
    this.#deps.log.warn(`the storage of ${name} was deleted; it is rebuilt in ${storage}`);
    const text = vscode.l10n.t(
      "Palmtree's data about {0} was deleted. Your files are untouched. Pull to compare them with the server again; then untrack again what you had untracked.",
      name,
    );
    void showNotification('warning', `Palmtree: ${text}`);
  }

  #warnOfDamage({ name }: vscode.WorkspaceFolder, setAside: string): void {
    this.#deps.log.warn(`the store of ${name} was damaged and set aside at ${setAside}`);
    const text = vscode.l10n.t(
      'The list of tracked files of {0} was damaged. Your files are untouched. Track them again, or pull; then untrack what you had untracked before.',
      name,
    );
    void showNotification('warning', `Palmtree: ${text}`);
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
      if (affects('serverUrl') || affects('tree')) await this.#deps.binder.restore(opened);
      void warnOfInvalidSettings(opened.folder, affects);
      const scanned = ['exclude', 'respectGitignore', 'modes', 'serverUrl', 'tree'];
      if (scanned.some(affects)) {
        // Commands wait for this change of settings, and must not wait for the server.
        void opened.sync.rescan(silentReporter).catch((error: unknown) => this.#deps.log.warn(String(error)));
      }
      if (affects('rsyncPath') || affects('transport')) opened.sync.recheck();
    }
  }
}

function backupLimits(): BackupLimits {
  return { maxAgeDays: setting('backups.maxAgeDays'), maxBytes: setting('backups.maxSize') * 1_000_000 };
}

/** Asks whether a folder is the one that was at `path`. */
async function isMovedFrom({ name }: vscode.WorkspaceFolder, path: string): Promise<boolean> {
  const { question, detail } = movedConfirmation(name, path);
  const moved = { title: vscode.l10n.t('Folder Was Moved') };
  const other = { title: vscode.l10n.t('Not Moved'), isCloseAffordance: true };
  return (await showModal('information', question, detail.join('\n\n'), moved, other)) === moved.title;
}
