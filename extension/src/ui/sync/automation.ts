import * as vscode from 'vscode';
import { gitActivity } from '../../io/fs/watch/gitActivity';
import { Automation, type PauseReason } from '../../sync/automation/automation';
import type { FolderSync } from '../../sync/folder/folderSync';
import { messageFor, type Message } from '../shared/errorMessages';
import { formatNumber } from '../../messages/format';
import { section } from '../shared/ids';
import { notify } from '../shared/notify';
import { mergeSetting, setting } from '../shared/settings';
import type { ActiveMerges } from '../workspace/activeMerges';
import { unsavedPaths } from '../workspace/unsavedFiles';
import { relativePath } from '../workspace/relativePath';
import { notifyWithActions } from '../workspace/undoNotice';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { excludedActions } from './excludedFiles';
import { notifyMerged } from './transferNotices';
import { excludedMessage } from '../../messages/sharedRulesMessages';
import { pullSummary, pushSummary } from '../../messages/transferSummaries';

/** Runs an Automation for each open folder. */
export function registerAutomation(
  folders: WorkspaceFolders,
  merges: ActiveMerges,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const running = new Map<FolderSync, Automation>();
  const update = (): void => {
    const open = new Set(folders.all.map(({ sync }) => sync));
    for (const [sync, automation] of running) {
      if (open.has(sync)) continue;
      automation.dispose();
      running.delete(sync);
    }
    for (const owner of folders.all) {
      if (!running.has(owner.sync)) running.set(owner.sync, automationOf(owner, merges, log));
    }
  };
  const onSave = ({ uri }: { readonly uri: vscode.Uri }): void => {
    const owner = folders.folderOf(uri);
    const path = owner && relativePath(owner.folder, uri);
    if (owner !== undefined && path !== undefined) running.get(owner.sync)?.saved([path]);
  };
  update();
  return vscode.Disposable.from(
    folders.onDidChange(update),
    vscode.workspace.onDidSaveTextDocument(onSave),
    vscode.workspace.onDidSaveNotebookDocument(onSave),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(section)) for (const automation of running.values()) automation.schedule();
    }),
    { dispose: () => running.forEach((automation) => automation.dispose()) },
  );
}

function automationOf(owner: SyncedFolder, merges: ActiveMerges, log: vscode.LogOutputChannel): Automation {
  const { folder, sync } = owner;
  return new Automation({
    sync,
    settings: () => ({ pushOn: setting('pushOn', folder.uri), pullOn: setting('pullOn', folder.uri) }),
    gitActivity,
    pullOptions: () => ({
      autoMerge: mergeSetting(folder.uri),
      unmerged: merges.pathsIn(owner),
      hasUnsavedEdits: (path) => merges.pathsIn(owner).has(path) || unsavedPaths(folder).has(path),
    }),
    onPaused: (reason) => void notifyPaused(owner, reason, log),
    onPushed: (result) => {
      if (result.put + result.deleted > 0) {
        log.info(`${folder.name}: automatically ${pushSummary(result, sync.state.counts)}`);
      }
    },
    onPulled: (result) => {
      const { merged, conflicts, skipped, held, backup, excluded = [] } = result;
      log.info(`${folder.name}: automatically ${pullSummary(result)}`);
      // Conflicts have their own notification.
      if (merged.length > 0 && conflicts.length === 0) void notifyMerged(log, owner, { merged });
      if (excluded.length > 0) {
        void notifyWithActions(log, folder, excludedMessage(excluded), excludedActions(owner, excluded));
      }
      for (const { path } of held) log.info(`${folder.name}: ${path} was held until the user decides`);
      for (const { path, reason } of skipped) log.info(`${folder.name}: ${path} was skipped (${reason})`);
      if (backup !== undefined) log.info(`the replaced and deleted files are kept in ${backup}`);
    },
    onDefect: (error) => log.error(error instanceof Error ? error : String(error)),
  });
}

/** Shows what paused the automation, with the commands that help. */
async function notifyPaused(
  { folder }: SyncedFolder,
  reason: PauseReason,
  log: vscode.LogOutputChannel,
): Promise<void> {
  if (reason.kind === 'failed') {
    log.warn(`automatic ${reason.direction}: ${reason.error.code}: ${reason.error.message}`);
  }
  const message = reason.kind === 'failed' ? failureMessage(reason) : conflictsMessage(reason);
  const again = reason.kind === 'failed' ? reason.error.again : undefined;
  await notify({ ...message, severity: 'warning' }, folder.uri, again);
}

type PauseMessage = Pick<Message, 'text' | 'actions'>;

function conflictsMessage({ count, isPulled }: PauseReason & { kind: 'conflicts' }): PauseMessage {
  const text =
    count === 1
      ? vscode.l10n.t('1 file changed here and on the server. Automation is paused until you resolve the conflict.')
      : vscode.l10n.t(
          '{0} files changed here and on the server. Automation is paused until you resolve the conflicts.',
          formatNumber(count),
        );
  const show = { title: vscode.l10n.t('Show'), command: 'showConflicts' } as const;
  const pull = { title: vscode.l10n.t('Pull'), command: 'pull' } as const;
  return { text, actions: isPulled ? [show] : [show, pull] };
}

/** Errors that the command turns into a question, which the automation must not ask. */
const confirmable: ReadonlySet<string> = new Set(['deletion_guard', 'tree_not_found', 'revision_not_found']);

function failureMessage({ direction, error }: PauseReason & { kind: 'failed' }): PauseMessage {
  const { text, actions } = messageFor(error);
  const title = direction === 'push' ? vscode.l10n.t('Push') : vscode.l10n.t('Pull');
  return { text, actions: confirmable.has(error.code) ? [{ title, command: direction }] : actions };
}
