import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { commaList, formatBytes, formatNumber } from '../../messages/format';
import { confirm } from '../shared/confirm';
import { commandIds } from '../shared/ids';
import { showInStatusBar, showNotification } from '../shared/notification';
import { pathSection } from '../../messages/pathList';
import { withProgress } from '../shared/withProgress';
import type { PathPicker } from '../views/pathPicker';
import { pickedUris, resolvePicked } from '../views/pickedPaths';
import { notifyWithActions } from '../workspace/undoNotice';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { pickTracked } from './trackPicker';
import { typedPaths } from './typedPaths';

export interface TrackDeps {
  readonly folders: WorkspaceFolders;
  readonly picker: PathPicker;
  readonly log: vscode.LogOutputChannel;
}

/** Before more bytes than this are tracked, the user is asked: such a folder was often meant to be left out. */
const manyBytes = 1_000_000_000;

/** Tracks the picked files and folders, else those that the user chooses in a list. */
export async function track(deps: TrackDeps, uri: unknown, uris: unknown): Promise<void> {
  const { folders } = deps;
  const picked = pickedUris(uri, uris);
  if (picked.length === 0) await trackFiles(deps);
  else for (const [owner, paths] of await resolvePicked(folders, picked)) await trackPaths(owner, paths);
}

async function trackPaths(owner: SyncedFolder, paths: readonly string[], confirms = false): Promise<void> {
  const { folder, sync } = owner;
  if (confirms) await confirmSize(owner, paths);
  await sync.track(paths);
  const problems = [...sync.pathStates.values()].filter((state) => state === 'problem').length;
  const text = trackedMessage(sync.state.counts.tracked, problems);
  showInStatusBar(text);
  if (!sync.isConnected) void offerToConnect(folder, text);
}

async function offerToConnect({ uri }: vscode.WorkspaceFolder, tracked: string): Promise<void> {
  const text = vscode.l10n.t('{0}. This folder is not connected to a server yet.', tracked);
  const connect = vscode.l10n.t('Connect…');
  const picked = await showNotification('information', `Palmtree: ${text}`, connect);
  if (picked === connect) await vscode.commands.executeCommand(commandIds.connect, uri);
}

function trackedMessage(tracked: number, problems: number): string {
  const files =
    tracked === 1 ? vscode.l10n.t('1 file tracked') : vscode.l10n.t('{0} files tracked', formatNumber(tracked));
  if (problems === 0) return files;
  const found = problems === 1 ? vscode.l10n.t('1 problem') : vscode.l10n.t('{0} problems', formatNumber(problems));
  return commaList([files, found]);
}

/** Lets the user choose in a list of files, or type paths. Throws cancelled. */
export async function trackFiles({ folders, log }: TrackDeps): Promise<void> {
  const owner = await folders.find();
  const choice = await pickTracked(owner, (text, shown) => trackTyped(owner, text, shown));
  if (choice === undefined) return;
  if (choice.track.length > 0) await trackPaths(owner, choice.track, true);
  if (choice.untrack.length > 0) await untrackPaths(log, owner, choice.untrack);
}

async function trackTyped(owner: SyncedFolder, text: string, shown: string): Promise<void> {
  const { paths, outside } = typedPaths(text, owner.folder.uri.fsPath, shown);
  if (outside.length > 0) throw new PalmtreeError('not_in_folder', 'outside', { details: { paths: outside } });
  await trackPaths(owner, paths, true);
}

/** Asks before very much is tracked, which is often a mistake. Throws cancelled. */
async function confirmSize({ sync }: SyncedFolder, paths: readonly string[]): Promise<void> {
  const bytes = await withProgress(vscode.l10n.t('Palmtree: Track Files'), async ({ signal }) => {
    let sum = 0;
    for (const path of paths)
      if (sum <= manyBytes) sum += (await sync.choice.measure(path, { signal, maxBytes: manyBytes })).bytes;
    return signal.aborted ? undefined : sum;
  });
  if (bytes === undefined) throw new PalmtreeError('cancelled', 'the measuring was cancelled');
  if (bytes <= manyBytes) return;
  const question = vscode.l10n.t('Track more than {0}?', formatBytes(manyBytes));
  const detail = pathSection(
    vscode.l10n.t('The next push sends'),
    paths.map((path) => path || '.'),
  );
  await confirm(question, detail, vscode.l10n.t('Track'));
}

export async function untrack({ picker, log }: TrackDeps, ...picked: readonly unknown[]): Promise<void> {
  for (const [owner, paths] of await picker.pick('tracked', vscode.l10n.t('Palmtree: Untrack'), ...picked)) {
    await untrackPaths(log, owner, paths);
  }
}

async function untrackPaths(
  log: vscode.LogOutputChannel,
  owner: SyncedFolder,
  paths: readonly string[],
): Promise<void> {
  const { sync, folder } = owner;
  const [first = ''] = paths;
  const untracked = await sync.untrack(paths);
  const text =
    paths.length === 1
      ? vscode.l10n.t('{0} is no longer synced here. Nothing was deleted.', first || folder.name)
      : vscode.l10n.t('{0} paths are no longer synced here. Nothing was deleted.', formatNumber(paths.length));
  const undo = { title: vscode.l10n.t('Undo'), run: () => sync.trackAgain(untracked) };
  void notifyWithActions(log, folder, text, [undo]);
}
