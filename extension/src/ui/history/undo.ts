import * as vscode from 'vscode';
import type { PullUndoPlan } from '../../sync/history/undoPull';
import { undoPullConfirmation } from '../../messages/confirmations';
import { confirm } from '../shared/confirm';
import { showResult } from '../shared/notify';
import { sentences } from '../../messages/format';
import { skippedMessage } from '../../messages/skippedMessages';
import { changedSinceMessage, undonePullMessage } from '../../messages/undoMessages';
import { withProgress } from '../shared/withProgress';
import { undoPushOf } from '../sync/undoPush';
import { callOptions, isConnected, targetFolder } from '../workspace/callOptions';
import { unsavedPaths } from '../workspace/unsavedFiles';
import { pickRevision } from './historyPicks';
import type { HistoryDeps } from './restore';
import { isRevisionRow } from './treeRows';

/** Undoes a push with a new revision, which the next pull brings here. */
export async function undoPush({ folders, used, log }: HistoryDeps, argument: unknown): Promise<unknown> {
  const options = callOptions(argument);
  const [row] = argument === undefined ? used.rows : [argument];
  const isRow = isRevisionRow(row);
  const owner = isRow ? row.owner : await targetFolder(folders, argument, isConnected);
  const revision = isRow
    ? row.revision.number
    : (options?.revision ?? (await pickRevision(owner, vscode.l10n.t('Select a push to undo'))).number);
  return undoPushOf(log, owner, revision, options);
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
  showResult(log, folder, sentences(...parts), parts.length > 1 && options === undefined);
  return result;
}

/** Lists exactly what the undo will do. Throws cancelled. */
async function confirmUndoPull(plan: PullUndoPlan): Promise<void> {
  const { question, detail } = undoPullConfirmation(plan);
  const button = plan.kind === 'pull' ? vscode.l10n.t('Undo Pull') : vscode.l10n.t('Undo');
  await confirm(question, detail.join('\n\n'), button);
}
