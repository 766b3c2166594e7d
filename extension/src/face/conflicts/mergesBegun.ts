import * as vscode from 'vscode';
import type { BegunMerge } from '../../session/finishMerge';
import { contextKeys } from '../ids';
import type { SyncedFolder } from '../workspaceFolders';

/** A merge in an editor, until it is saved without markers or decided otherwise. */
export interface MergeInEditor extends BegunMerge {
  readonly folder: string;
  /** With the tree of another name, it is of no meaning. */
  readonly tree: string;
  /** The absolute path of what stood here before. */
  readonly mineCopy: string;
  /** A text editor shows what is not decided by markers; the merge editor saves the last synced lines there. */
  readonly editor: 'merge' | 'text';
}

const stateKey = 'palmtree.merges';

/** The merges that were begun in this workspace. A window that is closed forgets none. */
export class MergesBegun implements vscode.Disposable {
  readonly #state: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor(state: vscode.Memento) {
    this.#state = state;
    this.#tell();
  }

  get all(): readonly MergeInEditor[] {
    return this.#state.get<readonly MergeInEditor[]>(stateKey, []);
  }

  find(owner: SyncedFolder, path: string): MergeInEditor | undefined {
    return this.#of(owner).find((merge) => merge.path === path);
  }

  /** The paths of a folder that no pull may merge by itself, since the user is at it. */
  pathsIn(owner: SyncedFolder): ReadonlySet<string> {
    return new Set(this.#of(owner).map(({ path }) => path));
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

  #of({ folder, sync }: SyncedFolder): readonly MergeInEditor[] {
    const tree = sync.state.binding?.tree;
    return this.all.filter((merge) => merge.folder === folder.uri.toString() && merge.tree === tree);
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
