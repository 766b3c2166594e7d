import * as vscode from 'vscode';
import { section } from '../shared/ids';
import { hasSeveralFolders } from '../shared/notify';
import { setting } from '../shared/settings';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { FolderSourceControl, type SourceControlDeps, type SourceControlPlace } from './folderSourceControl';
import { GitRepositories } from './gitRepositories';
import type { Resource } from './resource';

export interface SourceControlsDeps extends SourceControlDeps {
  readonly folders: WorkspaceFolders;
}

interface Shown {
  readonly owner: SyncedFolder;
  /** Differs if the control has to be made anew. */
  readonly key: string;
  readonly control: FolderSourceControl;
}

/**
 * The source controls of the connected folders, unless `palmtree.scm` is off. They come after those of git: VS Code takes the
 * first for the active one, whose branch the status bar shows.
 */
export class SourceControls implements vscode.Disposable {
  readonly #deps: SourceControlsDeps;
  readonly #shown = new Map<SyncedFolder, Shown>();
  /** The messages of controls that are gone, for the next control of the folder. */
  readonly #messages = new WeakMap<SyncedFolder, string>();
  readonly #subscriptions: vscode.Disposable;
  #isDisposed = false;
  #git: GitRepositories | 'asked' | undefined;
  #gitSubscription: vscode.Disposable | undefined;

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

  /** Empties the input box if it has the message of a push that has made a revision. */
  pushed(owner: SyncedFolder, message: string | undefined): void {
    const control = this.#shown.get(owner)?.control;
    if (control !== undefined && control.message.trim() === message) control.message = '';
  }

  /** The rows that a group shows. */
  resourcesOf(owner: SyncedFolder, group: unknown): readonly Resource[] {
    return this.#shown.get(owner)?.control.resourcesOf(group) ?? [];
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#subscriptions.dispose();
    this.#gitSubscription?.dispose();
    for (const { control } of this.#shown.values()) control.dispose();
    this.#shown.clear();
  }

  #update(): void {
    const wanted = this.#deps.folders.all.filter(isEnabled);
    const git = this.#git;
    if (!(git instanceof GitRepositories)) {
      if (wanted.length > 0 && git === undefined) void this.#findGit();
      return;
    }
    const placed = new Map(wanted.map((owner) => [owner, placeOf(owner, git)]));
    for (const { owner, key, control } of [...this.#shown.values()]) {
      const place = placed.get(owner);
      if (place !== undefined && keyOf(place) === key) {
        control.update();
        continue;
      }
      this.#messages.set(owner, control.message);
      control.dispose();
      this.#shown.delete(owner);
    }
    for (const [owner, place] of placed) if (!this.#shown.has(owner)) this.#show(owner, place);
  }

  #show(owner: SyncedFolder, place: SourceControlPlace): void {
    const control = new FolderSourceControl(owner, place, this.#deps);
    const message = this.#messages.get(owner) ?? '';
    if (message !== '') control.message = message;
    this.#shown.set(owner, { owner, key: keyOf(place), control });
  }

  async #findGit(): Promise<void> {
    this.#git = 'asked';
    this.#git = await GitRepositories.find();
    if (this.#isDisposed) return;
    this.#gitSubscription = this.#git.onDidChange(() => this.#update());
    this.#update();
  }
}

/**
 * A root makes VS Code take the source control, in place of a git repository there, for the active one. Without a root, the
 * tree of the view begins at the root of the disk, and the label has to name the folder.
 */
function placeOf({ folder }: SyncedFolder, git: GitRepositories): SourceControlPlace {
  if (!git.includes(folder.uri)) return { label: 'Palmtree', root: folder.uri };
  return { label: hasSeveralFolders() ? `Palmtree: ${folder.name}` : 'Palmtree', root: undefined };
}

function keyOf({ label, root }: SourceControlPlace): string {
  return `${root?.toString()}\0${label}`;
}

function isEnabled({ folder, sync }: SyncedFolder): boolean {
  return sync.isConnected && setting('scm', folder.uri);
}
