import * as vscode from 'vscode';
import { isPalmtreeError } from '../../errors';
import { deleteBackups, showBackups } from '../backups/backups';
import { abortMerges } from '../conflicts/abortMerge';
import { compare, resolvePickedConflicts } from '../conflicts/commands';
import { completeMerge, merge, type MergeDeps } from '../conflicts/merge';
import { resolveAll } from '../conflicts/resolveAll';
import type { ConnectArguments, FolderConnection } from '../connect/connection';
import {
  compareRevision,
  compareSynced,
  compareVersion,
  compareVersionBefore,
  openVersion,
  showFileHistory,
  showTreeHistory,
} from '../history/commands';
import { compareWith } from '../history/compareWith';
import type { FileHistoryView } from '../history/fileHistoryView';
import type { HistoryView } from '../history/historyView';
import { restoreFrom, restoreVersion, type HistoryDeps } from '../history/restore';
import { isMoreRow } from '../history/rows';
import { undoPull, undoPush } from '../history/undo';
import { copyVersionLink } from '../history/versionLinks';
import { filterReview, refreshReview, review, syncReviewed, type ReviewDeps } from '../review/commands';
import { bringHere, findOnServer, openOnServer, type OnServerDeps } from '../onServer/commands';
import { chooseFiles, pullChosen } from '../onServer/firstPull';
import { leaveOutHere } from '../onServer/leaveOut';
import { openChange, openChanges, openFiles } from '../scm/commands';
import type { SourceControls } from '../scm/sourceControls';
import { commandIds, trackedViewId, type CommandName } from '../shared/ids';
import { showInStatusBar } from '../shared/notification';
import { showError } from '../shared/notify';
import { repeatable } from '../shared/repeatable';
import { withProgress } from '../shared/withProgress';
import { confirmNewTree } from '../sync/confirmations';
import { pauseAutomation, resumeAutomation } from '../sync/pauseAutomation';
import type { SyncTerminal } from '../views/terminal';
import type { TrackedView } from '../views/trackedView';
import { callOptions, isCallOptions, isConnected, targetFolder } from '../workspace/callOptions';
import { discard } from './discard';
import { doctor } from './doctor';
import { pullSelected, pushSelected, syncSelected } from './selectionCommands';
import { addToIgnore, openSharedRules } from './sharedRules';
import { toggleChecked } from './toggleChecked';
import { track, trackFiles, untrack } from './trackCommands';
import { pull, pullHeld, push, pushForce, pushInput, pushWithMessage, sync } from './transferCommands';

export interface CommandDeps extends MergeDeps, ReviewDeps, HistoryDeps, OnServerDeps {
  readonly tracked: TrackedView;
  readonly connection: FolderConnection;
  readonly terminal: SyncTerminal;
  readonly histories: readonly HistoryView[];
  readonly fileHistory: FileHistoryView;
  readonly controls: SourceControls;
}

type Handler = (...args: unknown[]) => unknown;

/** The commands about the versions of files. */
function versionHandlers(deps: CommandDeps) {
  return {
    history: showTreeHistory,
    showFileHistory: (uri, uris) => showFileHistory(deps, uri, uris),
    refreshHistory: () => deps.histories.forEach((view) => view.refresh()),
    moreHistory: (row) => (isMoreRow(row) ? row.loadMore() : undefined),
    compareVersion,
    compareVersionBefore,
    openVersion,
    restoreVersion: (row) => restoreVersion(deps, row),
    restoreFrom: (uri, uris) => restoreFrom(deps, uri, uris),
    compareRevision: (uri, uris) => compareRevision(deps.picker, uri, uris),
    compareWith: (...args) => compareWith(deps.picker, ...args),
    copyVersionLink: (...args) => copyVersionLink(deps, ...args),
    compareSynced: (uri, uris) => compareSynced(deps.picker, uri, uris),
  } satisfies Partial<Record<CommandName, Handler>>;
}

/** The commands about the files on the server, whether or not they are here. */
function serverHandlers(deps: CommandDeps) {
  return {
    openOnServer: (...picked: unknown[]) => openOnServer(deps, ...picked),
    bringHere: (...picked: unknown[]) => bringHere(deps, ...picked),
    leaveOutHere: (...picked: unknown[]) => leaveOutHere(deps, ...picked),
    findOnServer: (argument: unknown) => findOnServer(deps, argument),
    chooseFiles: (argument: unknown) => chooseFiles(deps, argument),
    pullChosen: () => pullChosen(deps),
    cancelChoice: () => deps.onServer.endChoosing(),
  } satisfies Partial<Record<CommandName, Handler>>;
}

/** Registers every command of the manifest. */
export function registerCommands(deps: CommandDeps): vscode.Disposable {
  const { folders, log } = deps;
  const handlers: Record<CommandName, Handler> = {
    connect: (argument) => connect(deps, argument),
    disconnect: async (argument) =>
      deps.connection.disconnect(await targetFolder(folders, argument, isConnected), folders.all),
    track: (uri, uris) => track(deps, uri, uris),
    trackFiles: () => trackFiles(deps),
    untrack: (...picked) => untrack(deps, ...picked),
    openSharedRules: (argument) => openSharedRules(deps, argument),
    addToIgnore: (...picked) => addToIgnore(deps, ...picked),
    push: (argument) => push(deps, argument),
    pushForce: (argument) => pushForce(deps, argument),
    pull: (argument) => pull(deps, argument),
    pullHeld: (argument) => pullHeld(deps, argument),
    sync: (argument) => sync(deps, argument),
    pushWithMessage: (argument) => pushWithMessage(deps, argument),
    review: (argument) => review(deps, argument),
    reviewPush: () => syncReviewed(deps, 'push'),
    reviewPull: () => syncReviewed(deps, 'pull'),
    reviewSync: () => syncReviewed(deps, 'sync'),
    reviewRefresh: () => refreshReview(deps),
    reviewClose: () => deps.review.close(),
    reviewFilter: () => filterReview(deps),
    reviewShowAll: () => deps.review.filter('all'),
    toggleChecked: (...picked) => toggleChecked(deps, ...picked),
    ...sourceControlHandlers(deps),
    ...serverHandlers(deps),
    compare: (...picked) => compare(deps.picker, ...picked),
    keepMine: (...picked) => resolvePickedConflicts(deps, 'mine', ...picked),
    takeTheirs: (...picked) => resolvePickedConflicts(deps, 'theirs', ...picked),
    keepBoth: (...picked) => resolvePickedConflicts(deps, 'both', ...picked),
    merge: (...picked) => merge(deps, ...picked),
    completeMerge: () => completeMerge(deps),
    abortMerge: (uri, uris) => abortMerges(deps, uri, uris),
    resolveAll: (argument) => resolveAll(deps, argument),
    showConflicts: (folder) => deps.tracked.showConflicts(folder instanceof vscode.Uri ? folder : undefined),
    rescan: (argument) => rescan(deps, argument),
    tryAgain: (folder, again) => tryAgain(deps, folder, again),
    createTree: (argument) => createTree(deps, argument),
    ...versionHandlers(deps),
    undoPush: (argument) => undoPush(deps, argument),
    undoPull: (argument) => undoPull(deps, argument),
    showBackups: (argument) => showBackups(deps, argument),
    deleteBackups: (argument) => deleteBackups(deps, argument),
    doctor: (argument) => doctor(deps, argument),
    pauseAutomation: (argument) => pauseAutomation(folders, argument),
    resumeAutomation: (argument) => resumeAutomation(folders, argument),
    showLog: () => log.show(),
    showTerminal: () => deps.terminal.show(),
  };
  const registered = (Object.keys(handlers) as CommandName[]).map((name) =>
    vscode.commands.registerCommand(commandIds[name], (...args: unknown[]) => run(handlers[name], args, deps)),
  );
  return vscode.Disposable.from(...registered);
}

/** The commands of the Source Control view, some of which other menus have too. */
function sourceControlHandlers(deps: CommandDeps) {
  return {
    pushSelected: (...picked: unknown[]) => pushSelected(deps, ...picked),
    pullSelected: (...picked: unknown[]) => pullSelected(deps, ...picked),
    syncSelected: (...picked: unknown[]) => syncSelected(deps, ...picked),
    discard: (...picked: unknown[]) => discard(deps, ...picked),
    pushInput: (argument: unknown) => pushInput(deps, argument),
    openChange: (resource: unknown) => openChange(resource),
    openChanges: (group: unknown) => openChanges(deps.controls, group),
    openFile: (...picked: unknown[]) => openFiles(...picked),
  };
}

/** Shows a command's error, or throws it to code that called the command with options. */
async function run(handler: Handler, args: readonly unknown[], { log, connection }: CommandDeps): Promise<unknown> {
  const work = (): Promise<unknown> => repeatable(async () => handler(...args));
  try {
    // Code that calls a command has no user who could answer ssh.
    return await (isCallOptions(args[0]) ? work() : connection.whileUserWaits(work));
  } catch (error) {
    if (isCallOptions(args[0])) throw error;
    if (!isPalmtreeError(error, 'cancelled')) void showError(error, log);
    return undefined;
  }
}

async function connect({ folders, connection }: CommandDeps, argument: unknown): Promise<void> {
  const owner = await targetFolder(folders, argument);
  const { url, token, tree } = (callOptions(argument) ?? {}) as Partial<ConnectArguments>;
  if (url !== undefined && token !== undefined && tree !== undefined) {
    await connection.connect(owner, { url, token, tree });
  } else {
    await connection.connect(owner);
    showInStatusBar(vscode.l10n.t('connected'));
    await vscode.commands.executeCommand(`${trackedViewId}.focus`);
  }
  await repeatable(() =>
    withProgress(vscode.l10n.t('Palmtree: Connect to Server'), (reporter) => owner.sync.rescan(reporter)),
  );
}

async function rescan({ folders }: Pick<CommandDeps, 'folders'>, argument: unknown): Promise<void> {
  const { sync } = await targetFolder(folders, argument);
  await repeatable(() => withProgress(vscode.l10n.t('Palmtree: Rescan'), (reporter) => sync.rescan(reporter)));
}

/** Runs `again`, else the command that halted the folder. Without either, a scan shows whether the cause is gone. */
async function tryAgain({ folders }: CommandDeps, argument: unknown, again: unknown): Promise<unknown> {
  if (typeof again === 'function') return (again as () => unknown)();
  const { folder, sync } = await targetFolder(folders, argument);
  const { state } = sync;
  if (state.kind === 'halted' && state.error.again !== undefined) return state.error.again();
  return rescan({ folders }, folder.uri);
}

/** Creates the tree that the folder's settings name, if the user confirms it. */
async function createTree({ folders }: CommandDeps, argument: unknown): Promise<void> {
  const owner = await targetFolder(folders, argument);
  await confirmNewTree(owner);
  await repeatable(async () => {
    await owner.sync.makeTree();
    await withProgress(vscode.l10n.t('Palmtree: Rescan'), (reporter) => owner.sync.rescan(reporter));
  });
}
