import * as vscode from 'vscode';
import { hasConflictMarkers } from '../../core/merge/mergeText';
import { isPalmtreeError } from '../../errors';
import { sha256 } from '../../io/fs/sha256';
import type { FinishedMerge } from '../../sync/conflicts/finishMerge';
import { commandIds } from '../shared/ids';
import { repeatable } from '../shared/repeatable';
import { showInStatusBar, showNotification } from '../shared/notification';
import { showError } from '../shared/notify';
import { withProgress } from '../shared/withProgress';
import type { ActiveMerges, RecordedMerge } from '../workspace/activeMerges';
import { relativePath } from '../workspace/relativePath';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { abortMerge } from './abortMerge';
import { forgetEndedMerges } from './endedMerges';
import { AbandonedMerges } from './abandonedMerges';
import { concernMessage, isMineAgain, mergeConcern, type MergeConcern } from './mergeCheck';
import { mergeEditorTabs, resultOf, textTabs } from './mergeEditor';
import { abortRenamedMerges } from './renamedMerges';

const continueMerging = vscode.l10n.t('Continue Merging');
const leaveInConflict = vscode.l10n.t('Leave in Conflict');
const keepMine = vscode.l10n.t('Keep Mine');
const abortTitle = vscode.l10n.t('Abort Merge');
const discardBoth = vscode.l10n.t('Discard Both Changes');
const isComplete = vscode.l10n.t('Merge Is Complete');

interface FoundMerge {
  readonly owner: SyncedFolder;
  readonly merge: RecordedMerge;
}

/** One check of a merge. While it asks the user, who may never answer, a later one may replace it. */
interface Check {
  isAsking: boolean;
}

/** Finishes a merge when its file is saved without conflict markers. */
export class MergeWatch implements vscode.Disposable {
  readonly #folders: WorkspaceFolders;
  readonly #merges: ActiveMerges;
  readonly #log: vscode.LogOutputChannel;
  readonly #subscriptions: vscode.Disposable;
  /** By URI, so that two saves in a row finish a merge once. */
  readonly #checks = new Map<string, Check>();
  /** By URI, until the save is done. */
  readonly #saveReasons = new Map<string, vscode.TextDocumentSaveReason>();
  /** The URIs that were saved during their merge. */
  readonly #saved = new Set<string>();

  constructor(folders: WorkspaceFolders, merges: ActiveMerges, log: vscode.LogOutputChannel) {
    this.#folders = folders;
    this.#merges = merges;
    this.#log = log;
    this.#subscriptions = vscode.Disposable.from(
      vscode.workspace.onWillSaveTextDocument(({ document, reason }) => {
        if (this.#mergeAt(document.uri) !== undefined) this.#saveReasons.set(document.uri.toString(), reason);
      }),
      vscode.workspace.onDidSaveTextDocument((document) => void this.#onSave(document)),
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => this.#onTabsClosed(closed)),
      forgetEndedMerges(folders, merges, log),
      new AbandonedMerges(folders, merges, log),
      abortRenamedMerges(folders, merges, log),
    );
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  /** Finishes the merge of a saved document if it is resolved. Does nothing for a document without a merge. */
  async check(document: vscode.TextDocument): Promise<void> {
    const key = document.uri.toString();
    const found = this.#mergeAt(document.uri);
    if (found === undefined || this.#isChecking(key) || this.#merges.isAborting(found.merge)) return;
    const finish = () =>
      this.#asCheck(key, async (check) => {
        if (await this.#isResolved(found, document, check)) await this.#finish(found, document.uri);
      });
    await repeatable(finish).catch((error: unknown) => void showError(error, this.#log));
  }

  /** Runs `accept`, which completes a merge in the merge editor, and finishes the merge. `accept` may save nothing. */
  async complete(uri: vscode.Uri, accept: () => Thenable<unknown>): Promise<void> {
    const key = uri.toString();
    const document = await vscode.workspace.openTextDocument(uri);
    if (this.#isChecking(key)) return;
    // One check for all of it, so that the save and the closing of the tab start no other.
    await this.#asCheck(key, async (check) => {
      if (!wasAccepted(await accept()) || document.isDirty) return;
      const found = this.#mergeAt(uri);
      if (found !== undefined && (await this.#isResolved(found, document, check, true))) await this.#finish(found, uri);
    });
  }

  #isChecking(key: string): boolean {
    return this.#checks.get(key)?.isAsking === false;
  }

  async #asCheck(key: string, work: (check: Check) => Promise<void>): Promise<void> {
    const check = { isAsking: false };
    this.#checks.set(key, check);
    try {
      await work(check);
    } finally {
      if (this.#checks.get(key) === check) this.#checks.delete(key);
    }
  }

  #mergeAt(uri: vscode.Uri): FoundMerge | undefined {
    if (uri.scheme !== 'file') return undefined;
    const owner = this.#folders.folderOf(uri);
    const path = owner && relativePath(owner.folder, uri);
    const merge = owner && path !== undefined ? this.#merges.find(owner, path) : undefined;
    return owner && merge && { owner, merge };
  }

  async #onSave(document: vscode.TextDocument): Promise<void> {
    const key = document.uri.toString();
    const reason = this.#saveReasons.get(key);
    this.#saveReasons.delete(key);
    if (this.#mergeAt(document.uri) === undefined) return;
    this.#saved.add(key);
    const isAutoSave = reason !== undefined && reason !== vscode.TextDocumentSaveReason.Manual;
    // Auto save also saves between two decisions in the merge editor.
    if (!isAutoSave || mergeEditorTabs(document.uri).length === 0) await this.check(document);
  }

  /** Checks the files of closed editors: they are merged, or as before the merge, and no other event reports that. */
  #onTabsClosed(closed: readonly vscode.Tab[]): void {
    for (const tab of closed) {
      const result = resultOf(tab);
      const uri = result ?? (tab.input instanceof vscode.TabInputText ? tab.input.uri : undefined);
      const found = uri && this.#mergeAt(uri);
      if (uri === undefined || found === undefined) continue;
      const isMergeEditor = result !== undefined;
      this.#onEditorClosed(found, uri, isMergeEditor).catch((error: unknown) => this.#log.warn(String(error)));
    }
  }

  async #onEditorClosed(found: FoundMerge, uri: vscode.Uri, isMergeEditor: boolean): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uri);
    if (document.isDirty || this.#isChecking(uri.toString()) || this.#merges.isAborting(found.merge)) return;
    if (mergeEditorTabs(uri).length > 0) return;
    if (await isMineAgain(uri, found.merge)) await this.#endUndone(found, uri);
    else if (hasConflictMarkers(document.getText()) && textTabs(uri).length === 0) await this.#restoreMine(found, uri);
    else if (isMergeEditor) await this.check(document);
  }

  /** Invariant: conflict markers stay in the file only while it is open, because other programs read it. */
  async #restoreMine({ owner, merge }: FoundMerge, uri: vscode.Uri): Promise<void> {
    await abortMerge(this.#merges, owner, merge);
    const { path } = merge;
    this.#log.info(`${path} was closed with conflict markers and is as before its merge`);
    const text = vscode.l10n.t(
      '{0} was closed with conflict markers. Your version is restored; the merge so far is in the backups.',
      path,
    );
    const again = vscode.l10n.t('Merge');
    const showBackups = vscode.l10n.t('Show Backups');
    const answer = await showNotification('information', `Palmtree: ${text}`, again, showBackups);
    if (answer === again) await vscode.commands.executeCommand(commandIds.merge, uri);
    else if (answer === showBackups) await vscode.commands.executeCommand(commandIds.showBackups, owner.folder.uri);
  }

  /** Ends a merge that left no trace in its file: otherwise the next save of mine would finish it. */
  async #endUndone({ owner, merge }: FoundMerge, uri: vscode.Uri): Promise<void> {
    const wasSaved = this.#saved.has(uri.toString());
    await this.#end(owner, merge.path);
    this.#log.info(`${merge.path} is as before its merge, and still in conflict`);
    const text = vscode.l10n.t('{0} is as it was before the merge, and still in conflict.', merge.path);
    if (!wasSaved) {
      showInStatusBar(text, 8_000);
      return;
    }
    const answer = await showNotification('information', `Palmtree: ${text}`, keepMine, continueMerging);
    if (answer === keepMine) await vscode.commands.executeCommand(commandIds.keepMine, uri);
    else if (answer === continueMerging) await vscode.commands.executeCommand(commandIds.merge, uri);
  }

  /** `isCompleted`: the user completed the merge, and is asked only about conflicts that the merge editor left. */
  async #isResolved(
    found: FoundMerge,
    document: vscode.TextDocument,
    check: Check,
    isCompleted = false,
  ): Promise<boolean> {
    const { owner, merge } = found;
    for (;;) {
      const text = document.getText();
      if (hasConflictMarkers(text)) return false;
      const concern = await mergeConcern(owner, merge, text, this.#log);
      if (concern === undefined || (isCompleted && concern !== 'as synced')) return true;
      if (mergeEditorTabs(document.uri).length > 0) {
        if (concern !== 'as synced' && concern !== 'not compared') return true;
        showInStatusBar(savedMessage(concern, merge.path), 8_000);
        return false;
      }
      if (!(await this.#askAbout(concern, found, document, check))) return false;
      if (document.isDirty) {
        const edited = vscode.l10n.t('{0} was edited in the meantime. Save it to finish the merge.', merge.path);
        void showNotification('information', `Palmtree: ${edited}`);
        return false;
      }
      // If the file was saved again during the question, its new text is checked.
      if (document.getText() === text) return true;
    }
  }

  /** True if the user says that the merge is done, and nothing has ended or replaced the check meanwhile. */
  async #askAbout(
    concern: MergeConcern,
    { owner, merge }: FoundMerge,
    document: vscode.TextDocument,
    check: Check,
  ): Promise<boolean> {
    const isUnresolved = concern === 'as synced';
    const done = isUnresolved ? discardBoth : concern === 'as mine' ? keepMine : isComplete;
    const actions = isUnresolved ? [continueMerging, abortTitle, done] : [done, continueMerging, leaveInConflict];
    const message = `Palmtree: ${concernMessage(concern, merge.path)}`;
    check.isAsking = true;
    const answer = await showNotification('warning', message, ...actions);
    check.isAsking = false;
    if (this.#checks.get(document.uri.toString()) !== check) return false;
    if (this.#merges.find(owner, merge.path) === undefined) return false;
    if (answer === continueMerging) await vscode.commands.executeCommand(commandIds.merge, document.uri);
    else if (answer === leaveInConflict) await this.#end(owner, merge.path);
    else if (answer === abortTitle) {
      await abortMerge(this.#merges, owner, merge, sha256(await vscode.workspace.fs.readFile(document.uri)));
    }
    return answer === done;
  }

  async #finish({ owner, merge }: FoundMerge, uri: vscode.Uri): Promise<void> {
    const { path } = merge;
    const outcome = await this.#outcome(owner, merge);
    await this.#end(owner, path);
    await vscode.window.tabGroups.close(mergeEditorTabs(uri), true);
    this.#log.info(`${owner.folder.name}: ${path} merged with r${merge.revision}; mine is kept in ${merge.mineCopy}`);
    if (outcome === 'outdated' || outcome === 'stale') {
      void this.#offerToMergeAgain(outcome, path, uri);
      return;
    }
    if (outcome === 'merged') showInStatusBar(vscode.l10n.t('{0} merged. Push to upload it.', path), 8_000);
    else if (owner.sync.pathStates.get(path) === undefined) {
      showInStatusBar(vscode.l10n.t('{0} is the same as on the server.', path), 8_000);
    } else showInStatusBar(vscode.l10n.t('{0} is no longer in conflict.', path), 8_000);
  }

  async #end(owner: SyncedFolder, path: string): Promise<void> {
    this.#saved.delete(vscode.Uri.joinPath(owner.folder.uri, path).toString());
    await this.#merges.end(owner, [path]);
  }

  async #outcome(owner: SyncedFolder, merge: RecordedMerge): Promise<FinishedMerge | 'no conflict'> {
    try {
      const title = vscode.l10n.t('Palmtree: Merge');
      return await withProgress(title, (reporter) => owner.sync.merges.finish(reporter, merge));
    } catch (error) {
      if (isPalmtreeError(error, 'no_conflict')) return 'no conflict';
      throw error;
    }
  }

  async #offerToMergeAgain(outcome: 'outdated' | 'stale', path: string, uri: vscode.Uri): Promise<void> {
    const text =
      outcome === 'outdated'
        ? vscode.l10n.t('{0} is merged, but the server has a newer version. Merge that too.', path)
        : vscode.l10n.t(
            '{0} is still in conflict: its last synced version changed since the merge began. Merge it again.',
            path,
          );
    const again = vscode.l10n.t('Merge');
    const answer = await showNotification('warning', `Palmtree: ${text}`, again);
    if (answer === again) await vscode.commands.executeCommand(commandIds.merge, uri);
  }
}

/** A save in the merge editor does not say that the merge is complete. */
function savedMessage(concern: 'as synced' | 'not compared', path: string): string {
  return concern === 'as synced'
    ? vscode.l10n.t('{0} was saved with unresolved conflicts.', path)
    : vscode.l10n.t('{0} was saved. Use Complete Merge when the merge is done.', path);
}

/** The command's answer says whether the user accepted a result with unresolved conflicts. */
function wasAccepted(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'successful' in answer && answer.successful === true;
}
