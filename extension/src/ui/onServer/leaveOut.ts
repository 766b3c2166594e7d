import * as vscode from 'vscode';
import { formatNumber, joined, sentences } from '../../messages/format';
import { pathSection } from '../../messages/pathList';
import { skippedMessage } from '../../messages/skippedMessages';
import { PalmtreeError } from '../../errors';
import type { LeaveOutResult, LocalCopies } from '../../sync/history/leaveOut';
import { showModal } from '../shared/notification';
import { repeatable } from '../shared/repeatable';
import { withProgress } from '../shared/withProgress';
import type { PathPicker } from '../views/pathPicker';
import { callOptions, targetFolder } from '../workspace/callOptions';
import { pathsInFolder } from '../workspace/pathsInFolder';
import { notifyWithActions, undoAction } from '../workspace/undoNotice';
import { unsavedPaths } from '../workspace/unsavedFiles';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

export interface LeaveOutDeps {
  readonly folders: WorkspaceFolders;
  readonly picker: PathPicker;
  readonly log: vscode.LogOutputChannel;
}

/**
 * Stops syncing the picked files and folders on this machine. Keeps the copies here, unless the user wants those deleted
 * that equal the server's. Code deletes them by `confirmed`. Returns the result of the last folder.
 */
export async function leaveOutHere(
  deps: LeaveOutDeps,
  ...picked: readonly unknown[]
): Promise<LeaveOutResult | undefined> {
  const options = callOptions(picked[0]);
  const title = vscode.l10n.t('Palmtree: Leave Out Here');
  const selected =
    options === undefined
      ? await deps.picker.pick('tracked', title, ...picked)
      : new Map([[await targetFolder(deps.folders, options), pathsInFolder(options.paths ?? [])]]);
  let last: LeaveOutResult | undefined;
  for (const [owner, paths] of selected) {
    last = await repeatable(() => leaveOutPaths(deps, owner, paths, options && options.confirmed === true));
  }
  return last;
}

/** `deletes`: whether equal copies are deleted; undefined to ask. */
async function leaveOutPaths(
  { log }: LeaveOutDeps,
  owner: SyncedFolder,
  paths: readonly string[],
  deletes: boolean | undefined,
): Promise<LeaveOutResult> {
  const { sync, folder } = owner;
  const title = vscode.l10n.t('Palmtree: Leave Out Here');
  const copies = await withProgress(title, (reporter) => sync.serverFiles.localCopies(reporter, paths));
  const isDeleting = deletes ?? (await asksToDelete(owner, paths, copies));
  const result = await withProgress(title, (reporter) =>
    sync.serverFiles.leaveOut(reporter, {
      paths,
      deletes: new Set(isDeleting ? copies.equal : []),
      hasUnsavedEdits: (path) => unsavedPaths(folder).has(path),
    }),
  );
  if (deletes === undefined) notifyLeftOut(log, owner, paths, result);
  return result;
}

/** Asks what becomes of the copies here; false without a question if there are none. Throws cancelled. */
async function asksToDelete(
  { folder }: SyncedFolder,
  paths: readonly string[],
  { equal, different }: LocalCopies,
): Promise<boolean> {
  if (equal.length + different.length === 0) return false;
  const [first = ''] = paths;
  const question =
    paths.length === 1
      ? vscode.l10n.t('Leave {0} out on this machine?', first || folder.name)
      : vscode.l10n.t('Leave {0} files and folders out on this machine?', formatNumber(paths.length));
  const detail = [
    vscode.l10n.t('This machine no longer syncs what you leave out. Nothing changes on the server.'),
    equal.length === 0 ? '' : vscode.l10n.t('A deleted copy goes to the backups.'),
    different.length === 0
      ? ''
      : pathSection(vscode.l10n.t("These differ from the server's and are kept in any case"), different),
  ];
  const keep =
    equal.length + different.length === 1 ? vscode.l10n.t('Keep the Copy Here') : vscode.l10n.t('Keep the Copies Here');
  const remove =
    equal.length === 1
      ? vscode.l10n.t('Delete the Copy Here')
      : vscode.l10n.t('Delete {0} Copies Here', formatNumber(equal.length));
  const text = joined('\n\n', ...detail);
  // Enter picks the first button, which must be harmless.
  const answer = await showModal('warning', question, text, keep, ...(equal.length === 0 ? [] : [remove]));
  if (answer === undefined) throw new PalmtreeError('cancelled', 'nothing was left out');
  return answer === remove;
}

function notifyLeftOut(
  log: vscode.LogOutputChannel,
  owner: SyncedFolder,
  paths: readonly string[],
  { untracked, deleted, skipped, backup }: LeaveOutResult,
): void {
  const { folder, sync } = owner;
  const [first = ''] = paths;
  const [kept] = skipped;
  const parts = [
    paths.length === 1
      ? vscode.l10n.t('{0} is left out on this machine.', first || folder.name)
      : vscode.l10n.t('{0} files and folders are left out on this machine.', formatNumber(paths.length)),
    deleted.length === 1 ? vscode.l10n.t('Its copy here was deleted.') : '',
    deleted.length > 1 ? vscode.l10n.t('{0} copies here were deleted.', formatNumber(deleted.length)) : '',
    kept === undefined ? '' : skippedMessage(kept),
  ];
  const trackAgain = (): Promise<void> => sync.trackAgain(untracked);
  // The copies come back first: a tracked path without its file would look deleted.
  const undo =
    backup === undefined
      ? { title: vscode.l10n.t('Undo'), run: trackAgain }
      : undoAction(log, owner, [backup], { onUndone: trackAgain });
  void notifyWithActions(log, folder, sentences(...parts), [undo]);
}
