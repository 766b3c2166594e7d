import * as vscode from 'vscode';
import { hasConflictMarkers } from '../../engine/merge';
import { mayBeUndecided } from '../../engine/undecided';
import { isPalmtreeError } from '../../errors';
import { unsavedPaths } from '../confirm';
import { commandIds } from '../ids';
import { mergeDocuments, mergeEditorTabs, resultOf } from './mergeEditor';
import type { MergeInEditor, MergesBegun } from './mergesBegun';
import { sameLines } from './mergeText';
import { showError, withReporter } from '../run';
import { relativePath } from '../watcher';
import type { SyncedFolder, WorkspaceFolders } from '../workspaceFolders';

/** Why a text without markers may be no merge. */
type Doubt = 'as mine' | 'as synced';

const questions: Readonly<Record<Doubt, (path: string) => string>> = {
  'as mine': (path) => `${path} stands as it was before the merge, without what the server has. Is it to stay so?`,
  'as synced': (path) => `where both sides changed ${path}, it stands as it was last synced. Is it to stay so?`,
};

const goOn = 'Go On Merging';

/** Ends a merge when its file is saved without markers: what stands there then is for both sides. */
export class MergeWatch implements vscode.Disposable {
  readonly #folders: WorkspaceFolders;
  readonly #merges: MergesBegun;
  readonly #log: vscode.LogOutputChannel;
  readonly #subscriptions: vscode.Disposable;
  /** By file, so that two saves in a row ask and finish once. */
  readonly #running = new Set<string>();

  constructor(folders: WorkspaceFolders, merges: MergesBegun, log: vscode.LogOutputChannel) {
    this.#folders = folders;
    this.#merges = merges;
    this.#log = log;
    this.#subscriptions = vscode.Disposable.from(
      vscode.workspace.onDidSaveTextDocument((document) => void this.follow(document)),
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => this.#followClosed(closed)),
    );
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  /** Takes a document that stands on disk as it is shown; of no meaning for one that is not being merged. */
  async follow(document: vscode.TextDocument): Promise<void> {
    const key = document.uri.toString();
    if (document.uri.scheme !== 'file' || this.#running.has(key)) return;
    const owner = this.#folders.folderOf(document.uri);
    const path = owner && relativePath(owner.folder, document.uri);
    const merge = owner && path !== undefined ? this.#merges.find(owner, path) : undefined;
    if (owner === undefined || merge === undefined || hasConflictMarkers(document.getText())) return;
    this.#running.add(key);
    try {
      if (await this.#isDecided(owner, merge, document)) await this.#finish(owner, merge, document.uri);
    } catch (error) {
      void showError(error, this.#log);
    } finally {
      this.#running.delete(key);
    }
  }

  /** An editor that is closed with conflicts left leaves its file saved, and says nothing of it. */
  #followClosed(closed: readonly vscode.Tab[]): void {
    for (const tab of closed) {
      const uri = resultOf(tab);
      if (uri === undefined) continue;
      vscode.workspace.openTextDocument(uri).then(
        (document) => (document.isDirty ? undefined : this.follow(document)),
        (error: unknown) => this.#log.warn(String(error)),
      );
    }
  }

  async #isDecided(owner: SyncedFolder, merge: MergeInEditor, document: vscode.TextDocument): Promise<boolean> {
    const text = document.getText();
    const doubt = await this.#doubt(owner, merge, text);
    if (doubt === undefined) return true;
    if (mergeEditorTabs(document.uri).length > 0) {
      if (doubt === 'as mine') return true;
      const words = `Palmtree: ${merge.path} is saved; conflicts in it are not decided yet`;
      void vscode.window.setStatusBarMessage(words, 8_000);
      return false;
    }
    const done = doubt === 'as mine' ? 'Keep Mine' : 'Merge Is Done';
    const answer = await vscode.window.showWarningMessage(`Palmtree: ${questions[doubt](merge.path)}`, done, goOn);
    if (answer === done) return !document.isDirty && document.getText() === text;
    if (answer === goOn) await vscode.commands.executeCommand(commandIds.merge, document.uri);
    return false;
  }

  async #doubt(owner: SyncedFolder, merge: MergeInEditor, text: string): Promise<Doubt | undefined> {
    const documents = mergeDocuments(owner, merge);
    try {
      const mine = await vscode.workspace.fs.readFile(documents.mine);
      if (sameLines(text, new TextDecoder().decode(mine))) return 'as mine';
      if (merge.editor === 'text') return undefined;
      const base = await vscode.workspace.fs.readFile(documents.base);
      const theirs = await vscode.workspace.fs.readFile(documents.theirs);
      return mayBeUndecided({ base, mine, theirs }, text) ? 'as synced' : undefined;
    } catch (error) {
      this.#log.warn(`${merge.path}: what was merged cannot be read again: ${String(error)}`);
      return 'as synced';
    }
  }

  async #finish(owner: SyncedFolder, merge: MergeInEditor, uri: vscode.Uri): Promise<void> {
    const { path } = merge;
    const outcome = await this.#outcome(owner, merge);
    await this.#merges.end(owner, [path]);
    await vscode.window.tabGroups.close(mergeEditorTabs(uri), true);
    this.#log.info(`${owner.folder.name}: ${path} merged with r${merge.revision}; mine is kept in ${merge.mineCopy}`);
    if (outcome === 'outdated') {
      void this.#tellOutdated(path, uri);
      return;
    }
    const ending = outcome === 'merged' ? 'merged; push to send it' : 'is as the server has it';
    void vscode.window.setStatusBarMessage(`Palmtree: ${path} ${ending}`, 8_000);
  }

  async #outcome(owner: SyncedFolder, merge: MergeInEditor): Promise<'merged' | 'outdated' | 'same'> {
    const isUnsaved = (other: string): boolean => unsavedPaths(owner.folder).has(other);
    try {
      return await withReporter('Palmtree: Merge', (reporter) =>
        owner.sync.finishMerge(reporter, merge, { isUnsaved }),
      );
    } catch (error) {
      if (isPalmtreeError(error, 'no_conflict')) return 'same';
      throw error;
    }
  }

  async #tellOutdated(path: string, uri: vscode.Uri): Promise<void> {
    const again = 'Merge';
    const words = `Palmtree: ${path} is merged, and the server has a newer version since. Merge that too.`;
    const answer = await vscode.window.showWarningMessage(words, again);
    if (answer === again) await vscode.commands.executeCommand(commandIds.merge, uri);
  }
}
