import * as vscode from 'vscode';
import { isPalmtreeError } from '../../errors';
import type { UndoPullResult } from '../../sync/history/undoPull';
import { formatNumber, sentences } from '../../messages/format';
import { showNotification, type Severity } from '../shared/notification';
import { notificationSource, showError, showResult } from '../shared/notify';
import { repeatable } from '../shared/repeatable';
import { skippedMessage } from '../../messages/skippedMessages';
import { changedSinceMessage } from '../../messages/undoMessages';
import { withProgress } from '../shared/withProgress';
import { unsavedPaths } from './unsavedFiles';
import type { SyncedFolder } from './workspaceFolders';

export interface NoticeAction {
  readonly title: string;
  readonly run: () => unknown;
}

/** Takes back what a command did beside the changes that its backups record. */
export type OnUndone = () => Promise<void>;

/** Shows the result of a command, with the actions that follow from it. Their errors are shown too. */
export async function notifyWithActions(
  log: vscode.LogOutputChannel,
  { uri }: vscode.WorkspaceFolder,
  text: string,
  actions: readonly NoticeAction[],
  severity: Severity = 'information',
): Promise<void> {
  const titles = actions.map(({ title }) => title);
  const picked = await showNotification(severity, `${notificationSource(uri)}: ${text}`, ...titles);
  try {
    const action = actions.find(({ title }) => title === picked);
    if (action !== undefined) await repeatable(async () => action.run());
  } catch (error) {
    // Escape in a list or a dialog cancels only that.
    if (!isPalmtreeError(error, 'cancelled')) void showError(error, log);
  }
}

/**
 * The action that undoes a pull, a decision, a restore or a discard by its backups, of which the oldest comes first. A backup
 * whose files have all changed since does not keep those before it from being undone. `onUndone` is called at the end.
 */
export function undoAction(
  log: vscode.LogOutputChannel,
  owner: SyncedFolder,
  backups: readonly string[],
  { title = vscode.l10n.t('Undo'), onUndone }: { title?: string; onUndone?: OnUndone | undefined } = {},
): NoticeAction {
  return {
    title,
    run: async () => {
      let fault: unknown;
      for (const backup of backups.toReversed()) {
        try {
          await undoRecorded(log, owner, backup);
        } catch (error) {
          if (!isPalmtreeError(error, 'nothing_to_undo')) throw error;
          fault ??= error;
        }
      }
      if (fault !== undefined) throw fault;
      await onUndone?.();
    },
  };
}

async function undoRecorded(log: vscode.LogOutputChannel, owner: SyncedFolder, backup: string): Promise<void> {
  const { folder, sync } = owner;
  const result = await withProgress(vscode.l10n.t('Palmtree: Undo'), (reporter) =>
    sync.undoPull(reporter, { only: backup, hasUnsavedEdits: (path) => unsavedPaths(folder).has(path) }),
  );
  showResult(log, folder, undoneMessage(result), result.skipped.length + result.changedSince.length > 0);
}

function undoneMessage({ restored, removed, conflicts, changedSince, skipped }: UndoPullResult): string {
  const undone = restored.length + removed.length;
  const [first] = skipped;
  const text = sentences(
    undone === 1 ? vscode.l10n.t('1 file is as before.') : '',
    undone > 1 ? vscode.l10n.t('{0} files are as before.', formatNumber(undone)) : '',
    conflicts.length === 1 ? vscode.l10n.t('{0} is in conflict again.', conflicts[0] ?? '') : '',
    conflicts.length > 1 ? vscode.l10n.t('{0} files are in conflict again.', formatNumber(conflicts.length)) : '',
    changedSinceMessage(changedSince),
    first === undefined ? '' : skippedMessage(first),
  );
  return text === '' ? vscode.l10n.t('Undone.') : text;
}
