import * as vscode from 'vscode';
import type { Rule } from '../../core/tracking/rule';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import { callOptions, isCallOptions, targetFolder, type CommandDeps } from '../workspace/callOptions';
import type { ConnectArguments } from '../connect/connection';
import { showBackups } from '../backups/backups';
import { compare, decide } from '../conflicts/commands';
import { completeMerge, merge } from '../conflicts/merge';
import { resolveAll } from '../conflicts/resolveAll';
import {
  compareRevision,
  compareSynced,
  compareVersion,
  compareVersionBefore,
  openVersion,
  showFileHistory,
  showTreeHistory,
} from '../history/commands';
import { restoreFrom, restoreVersion } from '../history/restore';
import { undoPull, undoPush } from '../history/undo';
import { isMoreRow } from '../history/rows';
import { commandIds, viewId, type CommandName } from '../shared/ids';
import { plural } from '../shared/format';
import { showError, withProgress } from '../shared/notify';
import { parseTyped, pickedOrActive, pickedUris, resolvePicked } from '../views/pickedPaths';
import { moveChecked, refreshReview, review } from '../review/commands';
import { pull, push, pushForce, pushWithMessage, sync } from './transferCommands';
import type { SyncedFolder } from '../workspace/workspaceFolders';

export type { CallOptions, CommandDeps as CommandParts } from '../workspace/callOptions';

type Handler = (...args: unknown[]) => unknown;

/** Registers every command of the table; the type makes a forgotten one an error. */
export function registerCommands(parts: CommandDeps): vscode.Disposable {
  const handlers: Record<CommandName, Handler> = {
    connect: (given) => connect(parts, given),
    disconnect: async (given) => parts.connection.disconnect(await targetFolder(parts, given), parts.folders.all),
    track: (uri, uris) => track(parts, uri, uris),
    untrack: (uri, uris) => untrack(parts, uri, uris),
    push: (given) => push(parts, given),
    pushForce: (given) => pushForce(parts, given),
    pull: (given) => pull(parts, given),
    sync: (given) => sync(parts, given),
    pushWithMessage: (given) => pushWithMessage(parts, given),
    review: (given) => review(parts, given),
    reviewPush: () => moveChecked(parts, 'push'),
    reviewPull: () => moveChecked(parts, 'pull'),
    reviewSync: () => moveChecked(parts, 'sync'),
    reviewRefresh: () => refreshReview(parts),
    reviewClose: () => parts.review.close(),
    compare: (uri, uris) => compare(parts.folders, uri, uris),
    keepMine: (uri, uris) => decide(parts, 'mine', uri, uris),
    takeTheirs: (uri, uris) => decide(parts, 'theirs', uri, uris),
    keepBoth: (uri, uris) => decide(parts, 'both', uri, uris),
    merge: (uri, uris) => merge(parts, uri, uris),
    completeMerge: () => completeMerge(parts),
    resolveAll: (row) => resolveAll(parts, row),
    showConflicts: (folder) => parts.tracked.showConflicts(folder instanceof vscode.Uri ? folder : undefined),
    rescan: (given) => rescan(parts, given),
    history: showTreeHistory,
    showFileHistory: (uri, uris) => showFileHistory(parts, uri, uris),
    refreshHistory: () => parts.histories.forEach((view) => view.refresh()),
    moreHistory: (row) => (isMoreRow(row) ? row.loadMore() : undefined),
    compareVersion,
    compareVersionBefore,
    openVersion,
    restoreVersion: (row) => restoreVersion(parts, row),
    restoreFrom: (uri, uris) => restoreFrom(parts, uri, uris),
    compareRevision: (uri, uris) => compareRevision(parts, uri, uris),
    compareSynced: (uri, uris) => compareSynced(parts, uri, uris),
    undoPush: (row) => undoPush(parts, row),
    undoPull: (options) => undoPull(parts, options),
    showBackups: (given) => showBackups(parts, given),
    showLog: () => parts.log.show(),
    showTerminal: () => parts.terminal.show(),
  };
  const registered = (Object.keys(handlers) as CommandName[]).map((name) =>
    vscode.commands.registerCommand(commandIds[name], async (...args: unknown[]) => {
      try {
        return await handlers[name](...args);
      } catch (error) {
        if (isCallOptions(args[0])) throw error;
        if (!isPalmtreeError(error, 'cancelled')) void showError(error, parts.log);
        return undefined;
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

async function connect(parts: CommandDeps, given: unknown): Promise<void> {
  const folder = await targetFolder(parts, given);
  const { url, token, tree } = (callOptions(given) ?? {}) as Partial<ConnectArguments>;
  if (url !== undefined && token !== undefined && tree !== undefined) {
    await parts.connection.connect(folder, { url, token, tree });
  } else {
    await parts.connection.connect(folder);
    void vscode.window.setStatusBarMessage('$(check) Palmtree: connected', 5_000);
    await vscode.commands.executeCommand(`${viewId}.focus`);
  }
  await withProgress('Palmtree: looking for changes', (reporter) => folder.sync.rescan(reporter));
}

async function track(parts: CommandDeps, uri: unknown, uris: unknown): Promise<void> {
  let picked = pickedUris(uri, uris);
  if (picked.length === 0) picked = await askForPaths(await parts.folders.find());
  for (const [folder, paths] of await resolvePicked(parts.folders, picked)) {
    await folder.sync.track(paths);
    const problems = [...folder.sync.pathStates.values()].filter((state) => state === 'problem').length;
    const { tracked } = folder.sync.state.counts;
    const trouble = problems === 0 ? '' : `, ${plural(problems, 'problem')}`;
    void vscode.window.setStatusBarMessage(`Palmtree: ${plural(tracked, 'file')} tracked${trouble}`, 5_000);
  }
}

async function askForPaths({ folder }: SyncedFolder): Promise<vscode.Uri[]> {
  const typed = await vscode.window.showInputBox({
    title: 'Palmtree: Track for sync',
    prompt: 'Files and folders, relative to the workspace folder. Put quotes around names with spaces.',
    placeHolder: 'notes drafts/plan.md "my data"',
    ignoreFocusOut: true,
  });
  if (typed === undefined || typed.trim() === '') throw new PalmtreeError('cancelled', 'no path was given');
  return parseTyped(typed).map((path) => vscode.Uri.joinPath(folder.uri, path));
}

async function untrack(parts: CommandDeps, uri: unknown, uris: unknown): Promise<void> {
  for (const [owner, paths] of await resolvePicked(parts.folders, pickedOrActive(uri, uris))) {
    const { sync, folder } = owner;
    const [first = ''] = paths;
    const isOne = paths.length === 1;
    const isFile = isOne && sync.isOnDisk(first);
    const ended = await sync.untrack(paths);
    const text = isOne
      ? `Palmtree: ${first || folder.name} is no longer synced here. It stays on the server.`
      : `Palmtree: ${plural(paths.length, 'path')} are no longer synced here. They stay on the server.`;
    void vscode.window.setStatusBarMessage(text, 8_000);
    if (!isFile) void offerToTrackAgain(parts, owner, paths, ended, text);
  }
}

/** More than a file is soon untracked by mistake, and not soon picked again. */
async function offerToTrackAgain(
  { log }: CommandDeps,
  { sync }: SyncedFolder,
  paths: readonly string[],
  ended: readonly Rule[],
  text: string,
): Promise<void> {
  if ((await vscode.window.showInformationMessage(text, 'Undo')) === undefined) return;
  await sync.trackAgain(paths, ended).catch((error: unknown) => showError(error, log));
}

async function rescan(parts: CommandDeps, given: unknown): Promise<void> {
  const { sync } = await targetFolder(parts, given);
  await withProgress('Palmtree: Rescan', (reporter) => sync.rescan(reporter));
}
