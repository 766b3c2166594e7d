import * as vscode from 'vscode';
import { registerCommands } from './face/commands';
import { FolderConnection } from './face/connection';
import { followContexts } from './face/contexts';
import { Credentials } from './face/credentials';
import { registerDecorations } from './face/decorations';
import { registerServerDocuments } from './face/serverDocuments';
import { createStatusBar } from './face/statusBar';
import { SyncTerminal } from './face/terminal';
import { createTrackedView } from './face/trackedView';
import { WorkspaceFolders } from './face/workspaceFolders';
import type { SyncState } from './session/state';

export type { CallOptions } from './face/commands';
export type { ConnectArguments } from './face/connection';
export type { SyncState } from './session/state';

/** What other extensions get from `activate`. */
export interface PalmtreeApi {
  /** The state of a workspace folder, the first one without an argument; undefined where nothing is open. */
  state(folder?: vscode.Uri): SyncState | undefined;
  readonly onDidChangeState: vscode.Event<void>;
}

/** Wires everything by hand; nothing is sent or run before the workspace is trusted. */
export function activate(context: vscode.ExtensionContext): PalmtreeApi {
  const log = vscode.window.createOutputChannel('Palmtree', { log: true });
  const terminal = new SyncTerminal();
  const credentials = new Credentials(context.secrets, process.env);
  const connection = new FolderConnection(credentials, terminal, log);
  const { storageUri, extensionUri } = context;
  const folders = new WorkspaceFolders({ storageUri, extensionUri, log, connection });
  context.subscriptions.push(
    log,
    terminal,
    folders,
    followContexts(folders),
    registerCommands({ folders, connection, terminal, log }),
    registerDecorations(folders),
    registerServerDocuments(folders),
    createStatusBar(folders),
    createTrackedView(folders),
  );
  folders.start().catch((error: unknown) => log.error(error instanceof Error ? error : String(error)));
  return {
    state: (folder) => (folder === undefined ? folders.all[0] : folders.folderOf(folder))?.sync.state,
    onDidChangeState: folders.onDidChange,
  };
}

/** Everything is a subscription of the context. */
export function deactivate(): void {}
