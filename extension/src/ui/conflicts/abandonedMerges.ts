import * as vscode from 'vscode';
import { hasConflictMarkers } from '../../core/merge/mergeText';
import { isAlive, isThisProcess } from '../../io/fs/processes';
import { commandIds } from '../shared/ids';
import { showNotification } from '../shared/notification';
import { notificationSource } from '../shared/notify';
import type { ActiveMerges, RecordedMerge } from '../workspace/activeMerges';
import { unsavedPaths } from '../workspace/unsavedFiles';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { abortMerge } from './abortMerge';
import { hashOfLines } from './editorText';
import { isMineAgain } from './mergeCheck';
import { mergeEditorTabs, textTabs } from './mergeEditor';

/** The extension host of a crashed window lives on for a while. */
const recheckMs = 10_000;

/**
 * Finds the merges that no window shows any more, for example after a crash, and cleans their files: restores mine, or
 * asks if the user had begun to decide.
 * Invariant: a merge that another window may still show is not changed without a question.
 */
export class AbandonedMerges implements vscode.Disposable {
  readonly #folders: WorkspaceFolders;
  readonly #merges: ActiveMerges;
  readonly #log: vscode.LogOutputChannel;
  /** The copies of mine of the merges that need no further check. */
  readonly #done = new Set<string>();
  readonly #running = new Set<string>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(folders: WorkspaceFolders, merges: ActiveMerges, log: vscode.LogOutputChannel) {
    this.#folders = folders;
    this.#merges = merges;
    this.#log = log;
    const timer = setInterval(() => this.#checkAll(), recheckMs);
    timer.unref();
    const stop = { dispose: () => clearInterval(timer) };
    this.#subscriptions = [stop, folders.onDidChange(() => this.#checkAll())];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #checkAll(): void {
    for (const owner of this.#folders.all) {
      if (owner.sync.state.kind === 'starting') continue;
      for (const merge of this.#merges.in(owner)) {
        const key = merge.mineCopy;
        if (this.#done.has(key) || this.#running.has(key) || isShownHere(owner, merge)) continue;
        this.#running.add(key);
        this.#check(owner, merge)
          .catch((error: unknown) => this.#log.warn(`${merge.path}: ${String(error)}`))
          .finally(() => this.#running.delete(key));
      }
    }
  }

  async #check(owner: SyncedFolder, merge: RecordedMerge): Promise<void> {
    const { folder } = owner;
    const { path } = merge;
    const uri = uriOf(owner, merge);
    const isAbandoned = merge.host !== undefined && isAlive(merge.host) === false;
    if (isAbandoned) this.#done.add(merge.mineCopy);
    if (await isMineAgain(uri, merge)) {
      if (!isAbandoned) return;
      await this.#merges.end(owner, [path]);
      this.#log.info(`${path} is as before its merge, which no window shows any more`);
      return;
    }
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
    if (!hasConflictMarkers(text)) return;
    if (isAbandoned && hashOfLines(text) === merge.markedText) {
      await abortMerge(this.#merges, owner, merge);
      this.#log.info(`${path} had the markers of a merge that no window shows any more, and is as before its merge`);
      void notifyRestored(folder, path, uri);
      return;
    }
    this.#done.add(merge.mineCopy);
    void offerToAbort(folder, path, uri);
  }
}

function isShownHere(owner: SyncedFolder, merge: RecordedMerge): boolean {
  const uri = uriOf(owner, merge);
  if (mergeEditorTabs(uri).length > 0 || textTabs(uri).length > 0) return true;
  if (unsavedPaths(owner.folder).has(merge.path)) return true;
  // The merge has just begun, and its editor is being opened.
  return merge.host !== undefined && isThisProcess(merge.host);
}

function uriOf({ folder }: SyncedFolder, { path }: RecordedMerge): vscode.Uri {
  return vscode.Uri.joinPath(folder.uri, ...path.split('/'));
}

async function notifyRestored(folder: vscode.WorkspaceFolder, path: string, uri: vscode.Uri): Promise<void> {
  const text = vscode.l10n.t('A closed window left conflict markers in {0}. Your version is restored.', path);
  const again = vscode.l10n.t('Merge');
  const answer = await showNotification('information', `${notificationSource(folder.uri)}: ${text}`, again);
  if (answer === again) await vscode.commands.executeCommand(commandIds.merge, uri);
}

async function offerToAbort(folder: vscode.WorkspaceFolder, path: string, uri: vscode.Uri): Promise<void> {
  const text = vscode.l10n.t('{0} has the conflict markers of a merge that is not finished.', path);
  const proceed = vscode.l10n.t('Continue Merging');
  const abort = vscode.l10n.t('Abort Merge');
  const source = notificationSource(folder.uri);
  const answer = await showNotification('warning', `${source}: ${text}`, proceed, abort);
  if (answer === proceed) await vscode.commands.executeCommand(commandIds.merge, uri);
  else if (answer === abort) await vscode.commands.executeCommand(commandIds.abortMerge, uri);
}
