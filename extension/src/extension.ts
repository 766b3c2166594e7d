import { join } from 'node:path';
import type * as vscode from 'vscode';
import type { PalmtreeApi } from '../api/palmtree';
import { ExtensionApi } from './ui/api/palmtreeApi';
import { registerTools } from './ui/api/tools';
import { registerAutomation } from './ui/sync/automation';
import { registerCommands } from './ui/commands/commands';
import { FolderConnection } from './ui/connect/connection';
import { registerSharedRulesWarnings } from './ui/workspace/sharedRulesWarnings';
import { registerContexts } from './ui/workspace/contexts';
import { Credentials } from './ui/connect/credentials';
import { builtInMergeEditor, noMergeEditor } from './ui/conflicts/mergeEditor';
import { ActiveMerges } from './ui/workspace/activeMerges';
import { MergeWatch } from './ui/conflicts/mergeWatch';
import { registerDecorations } from './ui/views/decorations';
import { ReviewView } from './ui/review/reviewView';
import { ServerView } from './ui/onServer/serverView';
import { createFileHistory } from './ui/history/fileHistoryView';
import { registerServerDocuments } from './ui/documents/serverDocuments';
import { LastUsed } from './ui/views/lastUsed';
import { MergeableConflicts } from './ui/views/mergeableConflicts';
import { PathPicker } from './ui/views/pathPicker';
import { registerGitView } from './ui/scm/gitView';
import { SourceControls } from './ui/scm/sourceControls';
import { createLog } from './ui/shared/log';
import { createStatusBar } from './ui/views/statusBar';
import { SyncTerminal } from './ui/views/terminal';
import { registerRenames } from './ui/workspace/renames';
import { registerTrackedPaths } from './ui/workspace/trackedPaths';
import { TrackedView } from './ui/views/trackedView';
import { createTreeHistory } from './ui/history/treeHistoryView';
import { registerVersionLinks } from './ui/history/versionLinks';
import { WorkspaceFolders } from './ui/workspace/workspaceFolders';

/** The composition root. Nothing is sent or run before the workspace is trusted. */
export function activate(context: vscode.ExtensionContext): PalmtreeApi {
  const log = createLog();
  const terminal = new SyncTerminal();
  const credentials = new Credentials(context.secrets, process.env);
  const connection = new FolderConnection(credentials, terminal, log, join(context.extensionUri.fsPath, 'dist'));
  const { storageUri, globalStorageUri, extensionUri } = context;
  const merges = new ActiveMerges(context.workspaceState);
  const folders = new WorkspaceFolders({
    storageUri,
    globalStorageUri,
    extensionUri,
    log,
    binder: connection,
    onOpen: (opened) => merges.open(opened),
  });
  const views = createViews(folders, merges, log);
  const mergeWatch = new MergeWatch(folders, merges, log);
  // For tests: VS Code without a merge editor.
  const mergeEditor = process.env['PALMTREE_MERGE_EDITOR'] === 'off' ? noMergeEditor : builtInMergeEditor;
  const merging = { merges, mergeWatch, mergeEditor };
  const transferDeps = { folders, merges, log };
  const api = new ExtensionApi(transferDeps);
  context.subscriptions.push(
    log,
    terminal,
    connection,
    folders,
    views.used,
    views.mergeable,
    views.review,
    views.onServer,
    views.controls,
    registerGitView(),
    merges,
    mergeWatch,
    registerContexts(folders),
    registerTrackedPaths(folders),
    registerRenames(folders, log),
    registerCommands({
      ...merging,
      ...views,
      folders,
      connection,
      terminal,
      log,
      onPushed: (owner, message) => views.controls.pushed(owner, message),
    }),
    registerSharedRulesWarnings(folders, log),
    registerAutomation(folders, merges, log),
    registerDecorations(folders),
    registerServerDocuments(folders),
    registerVersionLinks(folders, log),
    createStatusBar(folders),
    views.tracked,
    api,
    registerTools(transferDeps),
    ...views.histories,
  );
  folders.start().catch((error: unknown) => log.error(error instanceof Error ? error : String(error)));
  return api;
}

function createViews(folders: WorkspaceFolders, merges: ActiveMerges, log: vscode.LogOutputChannel) {
  const used = new LastUsed();
  const mergeable = new MergeableConflicts();
  const deps = { folders, merges, used, mergeable };
  const picker = new PathPicker(deps);
  const review = new ReviewView(folders, used);
  const onServer = new ServerView(folders, used, log);
  const tracked = new TrackedView(deps);
  const fileHistory = createFileHistory(folders, tracked, used, log);
  const histories = [fileHistory, createTreeHistory(folders, used, log)];
  const controls = new SourceControls({ folders, merges, mergeable, log });
  return { used, mergeable, controls, picker, review, onServer, tracked, fileHistory, histories };
}

/** Does nothing: VS Code disposes the context's subscriptions. */
export function deactivate(): void {}
