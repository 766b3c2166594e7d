import * as vscode from 'vscode';
import type { ActiveMerge } from '../../sync/conflicts/activeMerge';
import { contextKeys } from '../shared/ids';
import type { SyncedFolder } from './workspaceFolders';

/** An active merge: it is open in an editor, and not finished or aborted. */
export interface MergeInEditor extends ActiveMerge {
  readonly folder: string;
  /** The merge is void if the folder is bound to another server or tree. */
  readonly server: string;
  readonly tree: string;
  /** The absolute path of a copy of the local version before the merge. */
  readonly mineCopy: string;
  /** A text editor shows unresolved conflicts as markers; the merge editor saves the ancestor's lines for them. */
  readonly editor: 'merge' | 'text';
}

const stateKey = 'palmtree.merges';

/** The active merges of this workspace. They outlive the window. */
export class ActiveMerges implements vscode.Disposable {
  readonly #state: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  /** Saving one of these does not finish its merge. */
  readonly #aborting = new Set<string>();
  readonly onDidChange = this.#changed.event;

  constructor(state: vscode.Memento) {
    this.#state = state;
    this.#publish();
  }

  get all(): readonly MergeInEditor[] {
    return this.#state.get<readonly MergeInEditor[]>(stateKey, []);
  }

  find(owner: SyncedFolder, path: string): MergeInEditor | undefined {
    return this.in(owner).find((merge) => merge.path === path);
  }

  in({ folder, sync }: SyncedFolder): readonly MergeInEditor[] {
    const { server, tree } = sync.state.binding ?? {};
    const uri = folder.uri.toString();
    return this.all.filter((merge) => merge.folder === uri && merge.server === server && merge.tree === tree);
  }

  /** The paths of a folder that no pull may merge, since the user is merging them. */
  pathsIn(owner: SyncedFolder): ReadonlySet<string> {
    return new Set(this.in(owner).map(({ path }) => path));
  }

  async begin(merge: MergeInEditor): Promise<void> {
    await this.#state.update(stateKey, [...this.all.filter((other) => !isSame(other, merge)), merge]);
    this.#publish();
  }

  async end(owner: SyncedFolder, paths: readonly string[]): Promise<void> {
    const folder = owner.folder.uri.toString();
    const rest = this.all.filter((merge) => merge.folder !== folder || !paths.includes(merge.path));
    if (rest.length === this.all.length) return;
    await this.#state.update(stateKey, rest);
    this.#publish();
  }

  isAborting({ folder, path }: MergeInEditor): boolean {
    return this.#aborting.has(`${folder}\0${path}`);
  }

  /** Runs the abort of a merge. Invariant: the merge stays recorded until it is aborted, so that no pull replaces it. */
  async aborting<T>({ folder, path }: MergeInEditor, abort: () => Promise<T>): Promise<T> {
    const key = `${folder}\0${path}`;
    this.#aborting.add(key);
    try {
      return await abort();
    } finally {
      this.#aborting.delete(key);
    }
  }

  /** Fires the event, and sets the context key for the merge editor's button. */
  #publish(): void {
    // As URIs, not text: the workbench of a remote machine has another scheme for them.
    const uris = this.all.map(({ folder, path }) => vscode.Uri.joinPath(vscode.Uri.parse(folder), path));
    void vscode.commands.executeCommand('setContext', contextKeys.merging, uris);
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

function isSame(a: MergeInEditor, b: MergeInEditor): boolean {
  return a.folder === b.folder && a.path === b.path;
}

/** True while the ancestor is the one that the merge began with. */
export function isMergeCurrent({ sync }: SyncedFolder, { path, ancestor }: MergeInEditor): boolean {
  return (sync.history.ancestorHash(path) ?? null) === ancestor;
}
