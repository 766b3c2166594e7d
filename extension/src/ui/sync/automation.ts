import * as vscode from 'vscode';
import { gitActivity } from '../../io/fs/gitActivity';
import { Automation, type PauseReason } from '../../sync/automation/automation';
import type { FolderSync } from '../../sync/folder/folderSync';
import { unsavedPaths } from './confirmations';
import { plural } from '../shared/format';
import { commandIds } from '../shared/ids';
import type { ActiveMerges } from '../workspace/activeMerges';
import { notificationSource } from '../shared/notify';
import { section, setting } from '../shared/settings';
import { notifyMerged } from './runs';
import { relativePath } from '../workspace/watcher';
import { messageFor } from '../shared/errorMessages';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** Runs the automation of each folder that is open. */
export function registerAutomation(
  folders: WorkspaceFolders,
  merges: ActiveMerges,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const running = new Map<FolderSync, Automation>();
  const follow = (): void => {
    const open = new Set(folders.all.map(({ sync }) => sync));
    for (const [sync, automation] of running) {
      if (open.has(sync)) continue;
      automation.dispose();
      running.delete(sync);
    }
    for (const synced of folders.all) {
      if (!running.has(synced.sync)) running.set(synced.sync, automationOf(synced, merges, log));
    }
  };
  const saved = ({ uri }: { readonly uri: vscode.Uri }): void => {
    const synced = folders.folderOf(uri);
    const path = synced && relativePath(synced.folder, uri);
    if (synced !== undefined && path !== undefined) running.get(synced.sync)?.saved([path]);
  };
  follow();
  return vscode.Disposable.from(
    folders.onDidChange(follow),
    vscode.workspace.onDidSaveTextDocument(saved),
    vscode.workspace.onDidSaveNotebookDocument(saved),
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
    settings: () => ({ pushOnSave: setting('pushOnSave', folder.uri), pullOn: setting('pullOn', folder.uri) }),
    gitActivity,
    pullOptions: () => ({
      autoMerge: setting('autoMerge', folder.uri),
      unmerged: merges.pathsIn(owner),
      hasUnsavedEdits: (path) => merges.pathsIn(owner).has(path) || unsavedPaths(folder).has(path),
    }),
    onPaused: (reason) => void notifyPaused(owner, reason, log),
    onPushed: ({ put, deleted, revision }) => {
      if (put + deleted > 0)
        log.info(`${folder.name}: pushed ${put}, deleted ${deleted} on save, revision ${revision}`);
    },
    onPulled: ({ written, deleted, merged, conflicts, revision, skipped, backup }) => {
      log.info(
        `${folder.name}: pulled ${written}, deleted ${deleted}, merged ${merged.length} unasked, revision ${revision}`,
      );
      // A conflict is told of by itself.
      if (merged.length > 0 && conflicts.length === 0) void notifyMerged(owner, { merged });
      for (const { path, reason } of skipped) log.info(`${folder.name}: ${path} was held back (${reason})`);
      if (backup !== undefined) log.info(`what it replaced or deleted is kept in ${backup}`);
    },
    onDefect: (error) => log.error(error instanceof Error ? error : String(error)),
  });
}

/** One notification with what helps. It never waits for the user: the automation rests meanwhile. */
async function notifyPaused(
  { folder }: SyncedFolder,
  reason: PauseReason,
  log: vscode.LogOutputChannel,
): Promise<void> {
  const who = notificationSource(folder.uri);
  if (reason.kind === 'conflicts') {
    const files = plural(reason.count, 'file');
    const text = `${who}: ${files} changed here and on the server. Nothing is pushed or pulled by itself until you decide.`;
    const [show, pull] = ['Show Files', 'Pull'];
    const picked = await vscode.window.showWarningMessage(text, ...(reason.isPulled ? [show] : [show, pull]));
    if (picked === show) await vscode.commands.executeCommand(commandIds.showConflicts, folder.uri);
    else if (picked === pull) await vscode.commands.executeCommand(commandIds.pull, folder.uri);
    return;
  }
  const { direction, error } = reason;
  log.warn(`${direction} by itself: ${error.code}: ${error.message}`);
  const { text, actions } = messageFor(error);
  const again = { title: direction === 'push' ? 'Push' : 'Pull', command: direction };
  // The command asks what the automation must not: whether to go on, or to make the tree.
  const offered = asksFirst.has(error.code) ? [again] : actions;
  const picked = await vscode.window.showWarningMessage(`${who}: ${text}`, ...offered.map(({ title }) => title));
  const action = offered.find(({ title }) => title === picked);
  if (action !== undefined) await vscode.commands.executeCommand(commandIds[action.command], folder.uri);
}

const asksFirst: ReadonlySet<string> = new Set(['deletion_guard', 'tree_not_found']);
