import * as vscode from 'vscode';
import type { ActiveMerge } from '../../sync/conflicts/activeMerge';
import { contextKeys } from '../shared/ids';
import type { SyncedFolder } from './workspaceFolders';

/** A merge in an editor, until it is saved without markers or decided otherwise. */
export interface MergeInEditor extends ActiveMerge {
  readonly folder: string;
  /** With another tree, or that of another server, it is of no meaning. */
  readonly server: string;
  readonly tree: string;
  /** The absolute path of what stood here before. */
  readonly mineCopy: string;
  /** A text editor shows what is not decided by markers; the merge editor saves the last synced lines there. */
  readonly editor: 'merge' | 'text';
}

const stateKey = 'palmtree.merges';

/** The merges that were begun in this workspace. A window that is closed forgets none. */
export class ActiveMerges implements vscode.Disposable {
  readonly #state: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  /** What is saved of these meanwhile ends no merge. */
  readonly #aborting = new Set<string>();
  readonly onDidChange = this.#changed.event;

  constructor(state: vscode.Memento) {
    this.#state = state;
    this.#tell();
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

  /** The paths of a folder that no pull may merge by itself, since the user is at it. */
  pathsIn(owner: SyncedFolder): ReadonlySet<string> {
    return new Set(this.in(owner).map(({ path }) => path));
  }

  async begin(merge: MergeInEditor): Promise<void> {
    await this.#state.update(stateKey, [...this.all.filter((other) => !isSame(other, merge)), merge]);
    this.#tell();
  }

  async end(owner: SyncedFolder, paths: readonly string[]): Promise<void> {
    const folder = owner.folder.uri.toString();
    const left = this.all.filter((merge) => merge.folder !== folder || !paths.includes(merge.path));
    if (left.length === this.all.length) return;
    await this.#state.update(stateKey, left);
    this.#tell();
  }

  isAborting({ folder, path }: MergeInEditor): boolean {
    return this.#aborting.has(`${folder}\0${path}`);
  }

  /** Runs what gives the merge up. Invariant: it is recorded until that is done, so that no pull replaces what is left. */
  async aborting<T>({ folder, path }: MergeInEditor, work: () => Promise<T>): Promise<T> {
    const key = `${folder}\0${path}`;
    this.#aborting.add(key);
    try {
      return await work();
    } finally {
      this.#aborting.delete(key);
    }
  }

  /** For the button of the merge editor. */
  #tell(): void {
    // As URIs and not as text: on a remote machine the workbench knows them by another scheme.
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

/** Whether both sides still come from what they came from when the merge began. */
export function isMergeCurrent({ sync }: SyncedFolder, { path, ancestor }: MergeInEditor): boolean {
  return (sync.ancestorHash(path) ?? null) === ancestor;
}
