import * as vscode from 'vscode';
import { isPalmtreeError, PalmtreeError } from '../errors';
import type { FolderSync } from '../session/folderSync';
import type { PullResult } from '../session/pull';
import type { PushResult } from '../session/push';
import type { Reporter } from '../session/remote';
import type { SyncState } from '../session/state';
import type { ConnectArguments, FolderConnection } from './connection';
import { confirmBrake, confirmForce, confirmNewTree, offerToSave, unsavedPaths } from './confirm';
import { compare, decide } from './conflictCommands';
import { commandIds, viewId, type CommandName } from './ids';
import { plural } from './figures';
import { showError, withReporter } from './run';
import type { SyncTerminal } from './terminal';
import { heldBackWords } from './words';
import { parseTyped, pickedOrActive, pickedUris, resolvePicked } from './picked';
import type { SyncedFolder, WorkspaceFolders } from './workspaceFolders';

/** What other extensions, keybindings and tests pass: then nothing is asked, and a failure rejects. */
export interface CallOptions {
  /** The workspace folder that is meant, when there are several. */
  readonly folder?: vscode.Uri;
  /** push, pull: goes on where the brake would stop. pushForce: replaces; without it, it rejects. */
  readonly confirmed?: boolean;
}

export interface CommandParts {
  readonly folders: WorkspaceFolders;
  readonly connection: FolderConnection;
  readonly terminal: SyncTerminal;
  readonly log: vscode.LogOutputChannel;
}

type Handler = (...args: unknown[]) => unknown;

/** Registers every command of the table; the type makes a forgotten one an error. */
export function registerCommands(parts: CommandParts): vscode.Disposable {
  const handlers: Record<CommandName, Handler> = {
    connect: (options) => connect(parts, options as Partial<ConnectArguments & CallOptions> | undefined),
    disconnect: async (options) =>
      parts.connection.disconnect(await target(parts, callOptions(options)), parts.folders.all),
    track: (uri, uris) => track(parts, uri, uris),
    untrack: (uri, uris) => untrack(parts, uri, uris),
    push: (options) => push(parts, callOptions(options)),
    pushForce: (options) => pushForce(parts, callOptions(options)),
    pull: (options) => pull(parts, callOptions(options)),
    compare: (uri, uris) => compare(parts.folders, uri, uris),
    keepMine: (uri, uris) => decide(parts.folders, parts.log, 'mine', uri, uris),
    takeTheirs: (uri, uris) => decide(parts.folders, parts.log, 'theirs', uri, uris),
    keepBoth: (uri, uris) => decide(parts.folders, parts.log, 'both', uri, uris),
    rescan: (options) => rescan(parts, callOptions(options)),
    showLog: () => parts.log.show(),
    showTerminal: () => parts.terminal.show(),
  };
  const registered = (Object.keys(handlers) as CommandName[]).map((name) =>
    vscode.commands.registerCommand(commandIds[name], async (...args: unknown[]) => {
      try {
        return await handlers[name](...args);
      } catch (error) {
        if (isCall(args[0])) throw error;
        if (!isPalmtreeError(error, 'cancelled')) void showError(error, parts.log);
        return undefined;
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

/** A plain object comes from code; menus pass URIs and rows, the palette nothing. */
function isCall(argument: unknown): argument is CallOptions {
  return (
    typeof argument === 'object' &&
    argument !== null &&
    Object.getPrototypeOf(argument) === Object.prototype &&
    !('owner' in argument)
  );
}

function callOptions(argument: unknown): CallOptions | undefined {
  return isCall(argument) ? argument : undefined;
}

function target(parts: CommandParts, options: CallOptions | undefined): Promise<SyncedFolder> {
  return parts.folders.find(options?.folder);
}

async function connect(parts: CommandParts, given: Partial<ConnectArguments & CallOptions> | undefined) {
  const options = callOptions(given);
  const folder = await target(parts, options);
  if (given?.url !== undefined && given.token !== undefined && given.tree !== undefined) {
    await parts.connection.connect(folder, { url: given.url, token: given.token, tree: given.tree });
  } else {
    await parts.connection.connect(folder);
    void vscode.window.setStatusBarMessage('$(check) Palmtree: connected', 5_000);
    await vscode.commands.executeCommand(`${viewId}.focus`);
  }
  await withReporter('Palmtree: looking for changes', (reporter) => folder.sync.rescan(reporter));
}

async function track(parts: CommandParts, uri: unknown, uris: unknown): Promise<void> {
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

async function untrack(parts: CommandParts, uri: unknown, uris: unknown): Promise<void> {
  for (const [folder, paths] of await resolvePicked(parts.folders, pickedOrActive(uri, uris))) {
    await folder.sync.untrack(paths);
    const what = paths.length === 1 ? `${paths[0] || folder.folder.name}` : plural(paths.length, 'path');
    const text = `Palmtree: ${what} is no longer synced here; it stays on disk and on the server.`;
    void vscode.window.setStatusBarMessage(text, 8_000);
  }
}

async function push(parts: CommandParts, options: CallOptions | undefined): Promise<PushResult> {
  const { folder, sync } = await target(parts, options);
  if (options === undefined) await offerToSave(folder, 'Push');
  const run = (brakeReleased: boolean) =>
    withReporter('Palmtree: Push', (reporter) => sync.push(reporter, { brakeReleased }));
  const result = await withQuestions(run, sync, options);
  const text = pushSummary(result, sync.state);
  parts.log.info(`${folder.name}: ${text}`);
  void vscode.window.setStatusBarMessage(`Palmtree: ${text}`, 5_000);
  return result;
}

async function pushForce(parts: CommandParts, options: CallOptions | undefined): Promise<PushResult> {
  const { folder, sync } = await target(parts, options);
  if (options === undefined) await offerToSave(folder, 'Force Push');
  const confirm = options === undefined ? confirmForce : () => Promise.resolve(options.confirmed === true);
  const result = await withReporter('Palmtree: Force Push', (reporter) => sync.forcePush(reporter, confirm));
  const text = pushSummary(result, sync.state);
  parts.log.info(`${folder.name}: force push: ${text}`);
  void vscode.window.setStatusBarMessage(`Palmtree: ${text}`, 5_000);
  return result;
}

async function pull(parts: CommandParts, options: CallOptions | undefined): Promise<PullResult> {
  const { folder, sync } = await target(parts, options);
  const run = (brakeReleased: boolean) =>
    withReporter('Palmtree: Pull', (reporter: Reporter) => {
      // Asked for each file when its turn comes: a pull may take long enough to type something.
      return sync.pull(reporter, { brakeReleased, isUnsaved: (path) => unsavedPaths(folder).has(path) });
    });
  const result = await withQuestions(run, sync, options);
  const text = pullSummary(result);
  parts.log.info(`${folder.name}: ${text}`);
  for (const held of result.heldBack) parts.log.warn(`${folder.name}: ${held.path} ${heldBackWords(held)}`);
  if (result.backup !== undefined) parts.log.info(`what it replaced or deleted is kept in ${result.backup}`);
  void vscode.window.setStatusBarMessage(`Palmtree: ${text}`, 5_000);
  if (options === undefined && result.conflicts.length + result.heldBack.length > 0) void tellHeldBack(parts, result);
  return result;
}

async function rescan(parts: CommandParts, options: CallOptions | undefined): Promise<void> {
  const { sync } = await target(parts, options);
  await withReporter('Palmtree: Rescan', (reporter) => sync.rescan(reporter));
}

/** Runs a push or pull, and again when the user has answered what stopped it. */
async function withQuestions<T>(
  run: (brakeReleased: boolean) => Promise<T>,
  sync: FolderSync,
  options: CallOptions | undefined,
): Promise<T> {
  let brakeReleased = options?.confirmed === true;
  for (;;) {
    try {
      return await run(brakeReleased);
    } catch (error) {
      if (options !== undefined) throw error;
      if (isPalmtreeError(error, 'brake') && !brakeReleased) {
        await confirmBrake(error);
        brakeReleased = true;
      } else if (isPalmtreeError(error, 'tree_not_found')) {
        await confirmNewTree(sync.state);
        await sync.makeTree();
      } else throw error;
    }
  }
}

async function tellHeldBack(parts: CommandParts, { conflicts, heldBack }: PullResult): Promise<void> {
  const [first] = heldBack;
  const sentences = [
    conflicts.length > 0
      ? `${named(conflicts)} changed here and on the server: neither version was touched. Compare, then decide in the Palmtree view.`
      : '',
    heldBack.length > 0
      ? `${plural(heldBack.length, 'file')} held back: ${first?.path} ${first === undefined ? '' : heldBackWords(first)}.`
      : '',
  ];
  const show = 'Show Files';
  const text = `Palmtree: ${sentences.filter((sentence) => sentence !== '').join(' ')}`;
  const picked = await vscode.window.showWarningMessage(text, show, 'Show Log');
  if (picked === show) await vscode.commands.executeCommand(`${viewId}.focus`);
  else if (picked !== undefined) parts.log.show();
}

function named(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).join(', ');
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}

function pushSummary({ revision, put, deleted }: PushResult, { counts }: SyncState): string {
  const parts = [
    put > 0 ? `pushed ${plural(put, 'file')}` : '',
    deleted > 0 ? `deleted ${deleted}` : '',
    put + deleted === 0 ? 'nothing to push' : '',
    counts.conflicts > 0 ? `${plural(counts.conflicts, 'conflict')} left out` : '',
    counts.problems > 0 ? `${plural(counts.problems, 'problem')} left out` : '',
  ];
  return `${parts.filter((part) => part !== '').join(', ')}, revision ${revision}`;
}

function pullSummary({ revision, written, deleted, conflicts, heldBack }: PullResult): string {
  if (written + deleted + conflicts.length + heldBack.length === 0) return `nothing to pull, revision ${revision}`;
  const parts = [
    written > 0 ? `pulled ${plural(written, 'file')}` : '',
    deleted > 0 ? `deleted ${deleted}` : '',
    conflicts.length > 0 ? plural(conflicts.length, 'conflict') : '',
    heldBack.length > 0 ? `${heldBack.length} held back` : '',
  ];
  return `${parts.filter((part) => part !== '').join(', ')}, revision ${revision}`;
}
