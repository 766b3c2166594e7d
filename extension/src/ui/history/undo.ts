import * as vscode from 'vscode';
import type { PullUndoPlan } from '../../sync/history/undoPull';
import { undoPullConfirmation, undoPushConfirmation } from '../../messages/confirmations';
import { confirm } from '../shared/confirm';
import { commandIds } from '../shared/ids';
import { showNotification } from '../shared/notification';
import { showResult } from '../shared/notify';
import { repeatable } from '../shared/repeatable';
import { skippedMessage } from '../../messages/skippedMessages';
import { beforeRemovedMessage, changedSinceMessage, undonePullMessage } from '../../messages/undoMessages';
import { withProgress } from '../shared/withProgress';
import { callOptions, isConnected, targetFolder } from '../workspace/callOptions';
import { unsavedPaths } from '../workspace/unsavedFiles';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { pickRevision } from './historyPicks';
import type { HistoryDeps } from './restore';
import { isRevisionRow } from './treeRows';

const undoPushTitle = vscode.l10n.t('Palmtree: Undo Push');

/** Undoes a push with a new revision, which the next pull brings here. */
export async function undoPush({ folders, used, log }: HistoryDeps, argument: unknown): Promise<unknown> {
  const options = callOptions(argument);
  const [row] = argument === undefined ? used.rows : [argument];
  const isRow = isRevisionRow(row);
  const owner = isRow ? row.owner : await targetFolder(folders, argument, isConnected);
  const revision = isRow
    ? row.revision.number
    : (options?.revision ?? (await pickRevision(owner, vscode.l10n.t('Select a push to undo'))).number);
  const result = await repeatable(async () => {
    const paths = options?.confirmed === true ? undefined : await confirmUndoPush(owner, revision);
    return withProgress(undoPushTitle, (reporter) => owner.sync.undoPush(reporter, revision, paths));
  });
  log.info(`${owner.folder.name}: revision ${result.revision} undoes revision ${revision}`);
  if (options !== undefined) return result;
  const undone = vscode.l10n.t('Push r{0} undone (new revision {1}).', revision, result.revision);
  const next = vscode.l10n.t('Pull to update this folder.');
  const left = [changedSinceMessage(result.changedSince), beforeRemovedMessage(result.beforeRemoved)];
  const text = [undone, ...left, next].filter((part) => part !== '').join(' ');
  const pull = vscode.l10n.t('Pull');
  const picked = await showNotification('information', `Palmtree: ${text}`, pull);
  if (picked === pull) await vscode.commands.executeCommand(commandIds.pull, owner.folder.uri);
  return result;
}

export async function undoPull({ folders, log }: HistoryDeps, argument: unknown): Promise<unknown> {
  const options = callOptions(argument);
  const { folder, sync } = await targetFolder(folders, argument);
  const hasUnsavedEdits = (path: string): boolean => unsavedPaths(folder).has(path);
  const title = vscode.l10n.t('Palmtree: Undo Last Pull');
  const plan = await withProgress(title, (reporter) => sync.planUndoPull(reporter, { hasUnsavedEdits }));
  if (options?.confirmed !== true) await confirmUndoPull(plan);
  // Invariant: nothing is undone that the dialog did not list.
  const paths = new Set([...plan.restored, ...plan.removed, ...plan.lost]);
  const result = await withProgress(title, (reporter) =>
    sync.undoPull(reporter, { only: plan.backup, paths, hasUnsavedEdits }),
  );
  const [first] = result.skipped;
  const parts = [
    undonePullMessage(plan, result),
    changedSinceMessage(result.changedSince),
    first === undefined ? '' : skippedMessage(first),
  ].filter((part) => part !== '');
  showResult(log, folder, parts.join(' '), parts.length > 1 && options === undefined);
  return result;
}

/** Lists exactly what the undo will do. Throws cancelled. */
async function confirmUndoPull(plan: PullUndoPlan): Promise<void> {
  const { question, detail } = undoPullConfirmation(plan);
  const button = plan.kind === 'pull' ? vscode.l10n.t('Undo Pull') : vscode.l10n.t('Undo');
  await confirm(question, detail.join('\n\n'), button);
}

/** Lists exactly what the undo will do. Returns the paths that it may revert. Throws cancelled, nothing_to_undo. */
async function confirmUndoPush({ sync }: SyncedFolder, revision: number): Promise<ReadonlySet<string>> {
  const plan = await withProgress(undoPushTitle, (reporter) => sync.planUndoPush(reporter, revision));
  const { question, detail } = undoPushConfirmation(revision, plan);
  await confirm(question, detail.join('\n\n'), vscode.l10n.t('Undo Push'));
  return new Set([...plan.reverted, ...plan.restored, ...plan.deleted]);
}
