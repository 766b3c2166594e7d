import * as vscode from 'vscode';
import type { Skipped } from '../../io/apply/applyState';
import type { PullResult } from '../../sync/pull/pull';
import type { PushResult } from '../../sync/push/push';
import { formatNumber, quoted, sentences } from '../../messages/format';
import { commandIds, type CommandName } from '../shared/ids';
import { showNotification } from '../shared/notification';
import { pathList } from '../../messages/pathList';
import { baselessMessage, skippedMessage } from '../../messages/skippedMessages';
import { saveFiles } from '../workspace/unsavedFiles';
import { notifyWithActions, type NoticeAction } from '../workspace/undoNotice';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { nothingDone, type DoneNotice } from './doneNotice';

interface NoticeOptions {
  readonly log: vscode.LogOutputChannel;
  /** Transfers again. */
  readonly again: () => Promise<void>;
  /** The changes that the same command has made. */
  readonly done: DoneNotice;
}

/** Warns of conflicts and skipped files, and offers what helps: to pull again once files are saved, for instance. */
export async function notifySkipped(
  { folder }: SyncedFolder,
  { conflicts, skipped, baseless = [] }: Pick<PullResult, 'conflicts' | 'skipped' | 'baseless'>,
  { log, again, done }: NoticeOptions,
): Promise<void> {
  const unsaved = skipped.flatMap(({ path, reason }) => (reason === 'unsaved' ? [path] : []));
  const parts = [done.text, conflictsMessage(conflicts), baselessMessage(baseless), skippedFilesMessage(skipped)];
  const save = async (): Promise<void> => {
    if (await saveFiles(folder, unsaved)) await again();
  };
  const actions: NoticeAction[] = [
    ...(unsaved.length > 0 ? [{ title: vscode.l10n.t('Save and Try Again'), run: save }] : []),
    ...(conflicts.length > 0 ? [commandAction(vscode.l10n.t('Resolve…'), 'resolveAll', folder)] : []),
    commandAction(vscode.l10n.t('Show'), 'showConflicts', folder),
    ...done.actions,
    ...(skipped.length > 0 ? [logAction(log)] : []),
  ];
  await notifyWithActions(log, folder, sentences(...parts), actions, 'warning');
}

/** Warns of files that a push left out, and offers to push again. */
export async function notifyUnpushed(
  { folder }: SyncedFolder,
  { skipped }: Pick<PushResult, 'skipped'>,
  { log, again, done }: NoticeOptions,
): Promise<void> {
  const text = sentences(done.text, skippedFilesMessage(skipped));
  const tryAgain = { title: vscode.l10n.t('Try Again'), run: again };
  await notifyWithActions(log, folder, text, [tryAgain, ...done.actions, logAction(log)], 'warning');
}

function commandAction(title: string, command: CommandName, { uri }: vscode.WorkspaceFolder): NoticeAction {
  return { title, run: () => vscode.commands.executeCommand(commandIds[command], uri) };
}

function logAction(log: vscode.LogOutputChannel): NoticeAction {
  return { title: vscode.l10n.t('Show Log'), run: () => log.show() };
}

function conflictsMessage(conflicts: PullResult['conflicts']): string {
  if (conflicts.length === 0) return '';
  const paths = pathList(conflicts);
  return conflicts.length === 1
    ? vscode.l10n.t('1 conflict: {0} changed here and on the server. Both versions are kept.', paths)
    : vscode.l10n.t(
        '{0} conflicts: {1} changed here and on the server. Both versions are kept.',
        formatNumber(conflicts.length),
        paths,
      );
}

function skippedFilesMessage(skipped: readonly Skipped[]): string {
  const [first] = skipped;
  if (first === undefined) return '';
  return skipped.length === 1
    ? vscode.l10n.t('1 file was skipped: {0}', skippedMessage(first))
    : vscode.l10n.t('{0} files were skipped: {1}', formatNumber(skipped.length), skippedMessage(first));
}

/** Asks the user to check merges, which nobody has read yet. `done`: what the same command has changed. */
export async function notifyMerged(
  log: vscode.LogOutputChannel,
  { folder }: SyncedFolder,
  { merged }: Pick<PullResult, 'merged'>,
  done: DoneNotice = nothingDone,
): Promise<void> {
  const paths = pathList(merged);
  const text =
    merged.length === 1
      ? vscode.l10n.t('{0} changed on both sides and was merged. Check the result, then push.', paths)
      : vscode.l10n.t('{0} changed on both sides and were merged. Check the results, then push.', paths);
  const review = commandAction(vscode.l10n.t('Review Changes'), 'review', folder);
  await notifyWithActions(log, folder, sentences(done.text, text), [review, ...done.actions]);
}

/** Offers to track folders whose other local files a pull left out. */
export async function notifySkippedFolders({ folder }: SyncedFolder, folders: readonly string[]): Promise<void> {
  if (folders.length === 0) return;
  const isOne = folders.length === 1;
  const names = folders.map((path) => quoted(path === '' ? folder.name : path));
  const text = isOne
    ? vscode.l10n.t("{0} has other local files; they won't be uploaded.", pathList(names))
    : vscode.l10n.t("{0} have other local files; they won't be uploaded.", pathList(names));
  const track = isOne ? vscode.l10n.t('Track Folder') : vscode.l10n.t('Track Folders');
  const picked = await showNotification('information', `Palmtree: ${text}`, track, vscode.l10n.t('Not Now'));
  if (picked !== track) return;
  const uris = folders.map((path) => vscode.Uri.joinPath(folder.uri, path));
  await vscode.commands.executeCommand(commandIds.track, uris[0], uris);
}
