import * as vscode from 'vscode';
import { section } from '../shared/ids';
import { setting } from '../shared/settings';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { FolderSourceControl, type SourceControlDeps } from './folderSourceControl';
import { gitReady } from './gitReady';
import type { Resource } from './resource';

export interface SourceControlsDeps extends SourceControlDeps {
  readonly folders: WorkspaceFolders;
}

interface Shown {
  readonly owner: SyncedFolder;
  readonly label: string;
  readonly control: FolderSourceControl;
}

/** The source controls of the connected folders, unless `palmtree.scm` is off. */
export class SourceControls implements vscode.Disposable {
  readonly #deps: SourceControlsDeps;
  readonly #shown = new Map<SyncedFolder, Shown>();
  readonly #subscriptions: vscode.Disposable;
  #isGitReady: boolean | 'asked' = false;

  constructor(deps: SourceControlsDeps) {
    this.#deps = deps;
    const redraw = (): void => {
      for (const { control } of this.#shown.values()) control.redraw();
    };
    this.#subscriptions = vscode.Disposable.from(
      deps.folders.onDidChange(() => this.#update()),
      deps.merges.onDidChange(() => this.#update()),
      deps.mergeable.onDidChange(redraw),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(`${section}.scm`)) this.#update();
      }),
    );
  }

  /** The text in the folder's input box. */
  messageOf(owner: SyncedFolder): string {
    return this.#shown.get(owner)?.control.message ?? '';
  }

  /** Empties the input box if it has the message of a push that has succeeded. */
  pushed(owner: SyncedFolder, message: string | undefined): void {
    const control = this.#shown.get(owner)?.control;
    if (control !== undefined && control.message.trim() === message) control.message = '';
  }

  /** The rows that a group shows. */
  resourcesOf(owner: SyncedFolder, group: unknown): readonly Resource[] {
    return this.#shown.get(owner)?.control.resourcesOf(group) ?? [];
  }

  dispose(): void {
    this.#subscriptions.dispose();
    for (const { control } of this.#shown.values()) control.dispose();
    this.#shown.clear();
  }

  #update(): void {
    const wanted = this.#deps.folders.all.filter(isEnabled);
    if (wanted.length > 0 && this.#isGitReady !== true) {
      this.#awaitGit();
      return;
    }
    const isSeveral = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
    const labels = new Map(wanted.map((owner) => [owner, isSeveral ? `Palmtree: ${owner.folder.name}` : 'Palmtree']));
    for (const { owner, label, control } of [...this.#shown.values()]) {
      if (labels.get(owner) === label) control.update();
      else {
        control.dispose();
        this.#shown.delete(owner);
      }
    }
    for (const [owner, label] of labels) if (!this.#shown.has(owner)) this.#show(owner, label);
  }

  #show(owner: SyncedFolder, label: string): void {
    this.#shown.set(owner, { owner, label, control: new FolderSourceControl(owner, label, this.#deps) });
  }

  #awaitGit(): void {
    if (this.#isGitReady === 'asked') return;
    this.#isGitReady = 'asked';
    void gitReady().then(() => {
      this.#isGitReady = true;
      this.#update();
    });
  }
}

function isEnabled({ folder, sync }: SyncedFolder): boolean {
  return sync.isConnected && setting('scm', folder.uri);
}
