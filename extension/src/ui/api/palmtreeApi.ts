import * as vscode from 'vscode';
import type * as api from '../../../api/palmtree';
import { pullThenPush } from '../sync/pullThenPush';
import { runPull, runPush } from '../sync/runs';
import type { TransferDeps } from '../sync/showRun';
import { isConnected, targetFolder, type CallOptions } from '../workspace/callOptions';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { apiError, folderStatus, limitTo, pullOutcome, pushOutcome } from './apiValues';

export interface ApiDeps extends TransferDeps {
  readonly folders: WorkspaceFolders;
}

/** The API that `activate` returns. A call shows its progress as a command does, and asks nothing but for the folder. */
export class ExtensionApi implements api.PalmtreeApi, vscode.Disposable {
  readonly #deps: ApiDeps;
  readonly #conflictsFound = new vscode.EventEmitter<api.ConflictsFound>();
  readonly #pushed = new vscode.EventEmitter<api.PushOutcome>();
  readonly #pulled = new vscode.EventEmitter<api.PullOutcome>();
  readonly #subscriptions: readonly vscode.Disposable[];
  /** The conflicts that were last seen, by folder. */
  readonly #known = new Map<string, SyncedFolder['sync']['conflicts']>();

  readonly onDidChangeStatus: vscode.Event<void>;
  readonly onDidConflict = this.#conflictsFound.event;
  readonly onDidPush = this.#pushed.event;
  readonly onDidPull = this.#pulled.event;

  constructor(deps: ApiDeps) {
    const { folders } = deps;
    this.#deps = deps;
    this.onDidChangeStatus = folders.onDidChange;
    this.#subscriptions = [
      folders.onDidChange(() => this.#findConflicts()),
      folders.onDidPush(({ folder, result }) => this.#pushed.fire(pushOutcome(folder, result))),
      folders.onDidPull(({ folder, result }) => this.#pulled.fire(pullOutcome(folder, result))),
    ];
  }

  status(uri?: vscode.Uri): api.FolderStatus | undefined {
    const { folders } = this.#deps;
    const owner = uri === undefined ? folders.all[0] : folders.folderOf(uri);
    return owner && folderStatus(owner.folder, owner.sync.state);
  }

  push(call: api.PushCall = {}): Promise<api.PushOutcome> {
    return this.#run(call, async (owner, options) => {
      const { result } = await runPush(this.#deps, owner, options, pushOptions(call));
      return pushOutcome(owner.folder, result);
    });
  }

  pull(call: api.TransferCall = {}): Promise<api.PullOutcome> {
    return this.#run(call, async (owner, options) => {
      const { result } = await runPull(this.#deps, owner, options, limitTo(call.paths));
      return pullOutcome(owner.folder, result);
    });
  }

  sync(call: api.PushCall = {}): Promise<api.SyncOutcome> {
    return this.#run(call, async (owner, options) => {
      const limits = { pull: limitTo(call.paths), push: pushOptions(call) };
      const { pull, push } = await pullThenPush(this.#deps, owner, options, limits);
      return { pull: pullOutcome(owner.folder, pull), push: push && pushOutcome(owner.folder, push) };
    });
  }

  dispose(): void {
    for (const one of [...this.#subscriptions, this.#conflictsFound, this.#pushed, this.#pulled]) one.dispose();
  }

  async #run<T>(
    { folder, confirmed = false }: api.TransferCall,
    work: (owner: SyncedFolder, options: CallOptions) => Promise<T>,
  ): Promise<T> {
    try {
      const options = { ...(folder && { folder }), confirmed };
      return await work(await targetFolder(this.#deps.folders, options, isConnected), options);
    } catch (error) {
      throw apiError(error);
    }
  }

  #findConflicts(): void {
    const open = new Set(this.#deps.folders.all.map(({ folder }) => folder.uri.toString()));
    for (const key of this.#known.keys()) if (!open.has(key)) this.#known.delete(key);
    for (const { folder, sync } of this.#deps.folders.all) {
      const key = folder.uri.toString();
      const before = this.#known.get(key);
      if (before === sync.conflicts) continue;
      this.#known.set(key, sync.conflicts);
      const known = new Set(before?.map(({ path }) => path));
      const paths = sync.conflicts.map(({ path }) => path).filter((path) => !known.has(path));
      if (paths.length > 0) this.#conflictsFound.fire({ folder: folder.uri, paths });
    }
  }
}

function pushOptions({ paths, message }: api.PushCall) {
  return { ...limitTo(paths), message };
}
