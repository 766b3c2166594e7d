import * as vscode from 'vscode';
import { hasConflictMarkers } from '../../core/merge/mergeText';
import { isPalmtreeError } from '../../errors';
import type { FinishedMerge } from '../../sync/conflicts/finishMerge';
import { commandIds } from '../shared/ids';
import { mergeConcern, isMineAgain, questions } from './mergeCheck';
import { mergeEditorTabs, resultOf } from './mergeEditor';
import type { MergeInEditor, ActiveMerges } from '../workspace/activeMerges';
import { followEndedMerges } from './endedMerges';
import { showError, withProgress } from '../shared/notify';
import { relativePath } from '../workspace/watcher';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

const goOn = 'Go On Merging';
const leave = 'Leave in Conflict';
const keepMine = 'Keep Mine';
const leaveBothOut = 'Leave Both Out';

interface Begun {
  readonly owner: SyncedFolder;
  readonly merge: MergeInEditor;
}

/** What ends a merge now. While it waits for an answer, which may never come, another may take its place. */
interface Turn {
  isAsking: boolean;
}

/** Ends a merge when its file is saved without markers: what stands there then is for both sides. */
export class MergeWatch implements vscode.Disposable {
  readonly #folders: WorkspaceFolders;
  readonly #merges: ActiveMerges;
  readonly #log: vscode.LogOutputChannel;
  readonly #subscriptions: vscode.Disposable;
  /** By file, so that two saves in a row finish once. */
  readonly #turns = new Map<string, Turn>();
  /** By file: why it is being saved. */
  readonly #reasons = new Map<string, vscode.TextDocumentSaveReason>();
  /** The files that were saved while they were merged: whoever did not has left the merge. */
  readonly #saved = new Set<string>();

  constructor(folders: WorkspaceFolders, merges: ActiveMerges, log: vscode.LogOutputChannel) {
    this.#folders = folders;
    this.#merges = merges;
    this.#log = log;
    this.#subscriptions = vscode.Disposable.from(
      vscode.workspace.onWillSaveTextDocument(({ document, reason }) => {
        if (this.#begunAt(document.uri) !== undefined) this.#reasons.set(document.uri.toString(), reason);
      }),
      vscode.workspace.onDidSaveTextDocument((document) => void this.#followSaved(document)),
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => this.#followClosed(closed)),
      followEndedMerges(folders, merges, log),
    );
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  /** Takes a document that stands on disk as it is shown; of no meaning for one that is not being merged. */
  async follow(document: vscode.TextDocument): Promise<void> {
    const key = document.uri.toString();
    const begun = this.#begunAt(document.uri);
    if (begun === undefined || this.#isAtWork(key) || this.#merges.isAborting(begun.merge)) return;
    await this.#inTurn(key, async (turn) => {
      if (await this.#isDecided(begun, document, turn)) await this.#finish(begun, document.uri);
    }).catch((error: unknown) => void showError(error, this.#log));
  }

  /** Runs what completes the merge of a file in the merge editor, which need not save anything for it. */
  async completing(uri: vscode.Uri, accept: () => Thenable<unknown>): Promise<void> {
    const key = uri.toString();
    const document = await vscode.workspace.openTextDocument(uri);
    if (this.#isAtWork(key)) return;
    // That it is saved and its editor closed on the way is not to be taken for more.
    await this.#inTurn(key, async (turn) => {
      if (!wasAccepted(await accept()) || document.isDirty) return;
      const begun = this.#begunAt(uri);
      if (begun !== undefined && (await this.#isDecided(begun, document, turn, true))) await this.#finish(begun, uri);
    });
  }

  #isAtWork(key: string): boolean {
    return this.#turns.get(key)?.isAsking === false;
  }

  async #inTurn(key: string, work: (turn: Turn) => Promise<void>): Promise<void> {
    const turn = { isAsking: false };
    this.#turns.set(key, turn);
    try {
      await work(turn);
    } finally {
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    }
  }

  #begunAt(uri: vscode.Uri): Begun | undefined {
    if (uri.scheme !== 'file') return undefined;
    const owner = this.#folders.folderOf(uri);
    const path = owner && relativePath(owner.folder, uri);
    const merge = owner && path !== undefined ? this.#merges.find(owner, path) : undefined;
    return owner && merge && { owner, merge };
  }

  async #followSaved(document: vscode.TextDocument): Promise<void> {
    const key = document.uri.toString();
    const reason = this.#reasons.get(key);
    this.#reasons.delete(key);
    if (this.#begunAt(document.uri) === undefined) return;
    this.#saved.add(key);
    const isUnasked = reason !== undefined && reason !== vscode.TextDocumentSaveReason.Manual;
    // What is accepted one after the other in the merge editor is saved on the way.
    if (!isUnasked || mergeEditorTabs(document.uri).length === 0) await this.follow(document);
  }

  /** An editor that is closed leaves its file saved, or as it was before the merge, and says nothing of it. */
  #followClosed(closed: readonly vscode.Tab[]): void {
    for (const tab of closed) {
      const result = resultOf(tab);
      const uri = result ?? (tab.input instanceof vscode.TabInputText ? tab.input.uri : undefined);
      const begun = uri && this.#begunAt(uri);
      if (uri === undefined || begun === undefined) continue;
      this.#closed(begun, uri, result !== undefined).catch((error: unknown) => this.#log.warn(String(error)));
    }
  }

  async #closed(begun: Begun, uri: vscode.Uri, isMergeEditor: boolean): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uri);
    if (document.isDirty || this.#isAtWork(uri.toString()) || this.#merges.isAborting(begun.merge)) return;
    if (mergeEditorTabs(uri).length > 0) return;
    if (await isMineAgain(uri, begun.merge)) await this.#abandon(begun, uri);
    else if (isMergeEditor) await this.follow(document);
  }

  /** Invariant: a merge of which nothing is left is over, or the next save of mine would be taken for its end. */
  async #abandon({ owner, merge }: Begun, uri: vscode.Uri): Promise<void> {
    const wasSaved = this.#saved.has(uri.toString());
    await this.#end(owner, merge.path);
    const words = `Palmtree: ${merge.path} stands as it was before the merge, and stays in conflict`;
    this.#log.info(words);
    if (!wasSaved) {
      void vscode.window.setStatusBarMessage(words, 8_000);
      return;
    }
    const answer = await vscode.window.showInformationMessage(`${words}.`, keepMine, goOn);
    if (answer === keepMine) await vscode.commands.executeCommand(commandIds.keepMine, uri);
    else if (answer === goOn) await vscode.commands.executeCommand(commandIds.merge, uri);
  }

  /** `isCompleted`: the user has said that it is; then only what the merge editor leaves undecided is asked of. */
  async #isDecided(
    { owner, merge }: Begun,
    document: vscode.TextDocument,
    turn: Turn,
    isCompleted = false,
  ): Promise<boolean> {
    for (;;) {
      const text = document.getText();
      if (hasConflictMarkers(text)) return false;
      const doubt = await mergeConcern(owner, merge, text, this.#log);
      if (doubt === undefined || (isCompleted && doubt !== 'as synced')) return true;
      if (mergeEditorTabs(document.uri).length > 0) {
        if (doubt !== 'as synced') return true;
        const words = `Palmtree: ${merge.path} is saved; conflicts in it are not decided yet`;
        void vscode.window.setStatusBarMessage(words, 8_000);
        return false;
      }
      const isUndecided = doubt === 'as synced';
      const done = isUndecided ? leaveBothOut : doubt === 'as mine' ? keepMine : 'Merge Is Done';
      const actions = isUndecided ? [goOn, done] : [done, goOn, leave];
      turn.isAsking = true;
      const answer = await vscode.window.showWarningMessage(`Palmtree: ${questions[doubt](merge.path)}`, ...actions);
      turn.isAsking = false;
      if (this.#turns.get(document.uri.toString()) !== turn) return false;
      if (this.#merges.find(owner, merge.path) === undefined) return false;
      if (answer === goOn) await vscode.commands.executeCommand(commandIds.merge, document.uri);
      else if (answer === leave) await this.#end(owner, merge.path);
      if (answer !== done) return false;
      if (document.isDirty) {
        const unsaved = `Palmtree: ${merge.path} was edited meanwhile. Save it to finish its merge.`;
        void vscode.window.showInformationMessage(unsaved);
        return false;
      }
      // Otherwise it was saved anew while the question stood there: what is there now is asked of.
      if (document.getText() === text) return true;
    }
  }

  async #finish({ owner, merge }: Begun, uri: vscode.Uri): Promise<void> {
    const { path } = merge;
    const outcome = await this.#outcome(owner, merge);
    await this.#end(owner, path);
    await vscode.window.tabGroups.close(mergeEditorTabs(uri), true);
    this.#log.info(`${owner.folder.name}: ${path} merged with r${merge.revision}; mine is kept in ${merge.mineCopy}`);
    if (outcome === 'outdated' || outcome === 'stale') {
      void this.#tellToMergeAgain(outcome, path, uri);
      return;
    }
    const isInStep = owner.sync.pathStates.get(path) === undefined;
    const same = isInStep ? 'is as the server has it' : 'is not in conflict any more';
    const ending = outcome === 'merged' ? 'merged; push to send it' : same;
    void vscode.window.setStatusBarMessage(`Palmtree: ${path} ${ending}`, 8_000);
  }

  async #end(owner: SyncedFolder, path: string): Promise<void> {
    this.#saved.delete(vscode.Uri.joinPath(owner.folder.uri, path).toString());
    await this.#merges.end(owner, [path]);
  }

  async #outcome(owner: SyncedFolder, merge: MergeInEditor): Promise<FinishedMerge | 'same'> {
    try {
      return await withProgress('Palmtree: Merge', (reporter) => owner.sync.finishMerge(reporter, merge));
    } catch (error) {
      if (isPalmtreeError(error, 'no_conflict')) return 'same';
      throw error;
    }
  }

  async #tellToMergeAgain(outcome: 'outdated' | 'stale', path: string, uri: vscode.Uri): Promise<void> {
    const again = 'Merge';
    const words =
      outcome === 'outdated'
        ? `${path} is merged, and the server has a newer version since. Merge that too.`
        : `${path} is still in conflict: what was synced last has changed since its merge began. Merge it again.`;
    const answer = await vscode.window.showWarningMessage(`Palmtree: ${words}`, again);
    if (answer === again) await vscode.commands.executeCommand(commandIds.merge, uri);
  }
}

/** The workbench answers whether the user went on where conflicts were left. */
function wasAccepted(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'successful' in answer && answer.successful === true;
}
