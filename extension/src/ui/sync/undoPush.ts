import * as vscode from 'vscode';
import { undoPushConfirmation } from '../../messages/confirmations';
import { sentences } from '../../messages/format';
import { beforeRemovedMessage, changedSinceMessage } from '../../messages/undoMessages';
import type { UndoPushResult } from '../../sync/history/undoPush';
import { confirm } from '../shared/confirm';
import { commandIds } from '../shared/ids';
import { showNotification } from '../shared/notification';
import { notificationSource } from '../shared/notify';
import { repeatable } from '../shared/repeatable';
import { withProgress } from '../shared/withProgress';
import type { CallOptions } from '../workspace/callOptions';
import type { SyncedFolder } from '../workspace/workspaceFolders';

const title = vscode.l10n.t('Palmtree: Undo Push');

/** Undoes the push of `revision` with a new revision, which the next pull brings here. Throws cancelled, nothing_to_undo. */
export async function undoPushOf(
  log: vscode.LogOutputChannel,
  owner: SyncedFolder,
  revision: number,
  options?: CallOptions,
): Promise<UndoPushResult> {
  const result = await repeatable(async () => {
    const paths = options?.confirmed === true ? undefined : await confirmUndo(owner, revision);
    return withProgress(title, (reporter) => owner.sync.undoPush(reporter, revision, paths));
  });
  log.info(`${owner.folder.name}: revision ${result.revision} undoes revision ${revision}`);
  if (options === undefined) await offerToPull(owner, revision, result);
  return result;
}

async function offerToPull({ folder }: SyncedFolder, revision: number, result: UndoPushResult): Promise<void> {
  const undone = vscode.l10n.t('Push r{0} undone (new revision {1}).', revision, result.revision);
  const next = vscode.l10n.t('Pull to update this folder.');
  const left = [changedSinceMessage(result.changedSince), beforeRemovedMessage(result.beforeRemoved)];
  const text = sentences(undone, ...left, next);
  const pull = vscode.l10n.t('Pull');
  const picked = await showNotification('information', `${notificationSource(folder.uri)}: ${text}`, pull);
  if (picked === pull) await vscode.commands.executeCommand(commandIds.pull, folder.uri);
}

/** Lists exactly what the undo will do. Returns the paths that it may revert. Throws cancelled, nothing_to_undo. */
async function confirmUndo({ sync }: SyncedFolder, revision: number): Promise<ReadonlySet<string>> {
  const plan = await withProgress(title, (reporter) => sync.planUndoPush(reporter, revision));
  const { question, detail } = undoPushConfirmation(revision, plan);
  await confirm(question, detail.join('\n\n'), vscode.l10n.t('Undo Push'));
  return new Set([...plan.reverted, ...plan.restored, ...plan.deleted]);
}
