import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { formatNumber } from '../../messages/format';
import { askInBox, InvalidAnswer } from '../connect/textBox';
import { shownFile } from '../documents/shownFile';
import { commandIds } from '../shared/ids';
import { showInStatusBar, showNotification } from '../shared/notification';
import { quotedPaths } from '../../messages/pathList';
import type { PathPicker } from '../views/pathPicker';
import { pickedUris, resolvePicked } from '../views/pickedPaths';
import { relativePath } from '../workspace/relativePath';
import { notifyWithActions } from '../workspace/undoNotice';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { typedPaths, typedText } from './typedPaths';

export interface TrackDeps {
  readonly folders: WorkspaceFolders;
  readonly picker: PathPicker;
  readonly log: vscode.LogOutputChannel;
}

/** Tracks the picked files and folders, else those that the user types. */
export async function track({ folders }: TrackDeps, uri: unknown, uris: unknown): Promise<void> {
  const picked = pickedUris(uri, uris);
  if (picked.length === 0) await askForPaths(await folders.find());
  else for (const [owner, paths] of await resolvePicked(folders, picked)) await trackPaths(owner, paths);
}

async function trackPaths({ folder, sync }: SyncedFolder, paths: readonly string[]): Promise<void> {
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
  return `${files}, ${problems === 1 ? vscode.l10n.t('1 problem') : vscode.l10n.t('{0} problems', formatNumber(problems))}`;
}

/** Asks in a box that stays open, with its text, until the paths are tracked. Throws cancelled. */
async function askForPaths(owner: SyncedFolder): Promise<void> {
  const { folder, sync } = owner;
  const active = shownFile();
  const path = active && relativePath(folder, active);
  await askInBox({
    title: vscode.l10n.t('Palmtree: Track for sync'),
    prompt: vscode.l10n.t('Files and folders of {0}. Put quotes around names with spaces.', folder.name),
    placeholder: vscode.l10n.t('notes drafts/plan.md "my data"'),
    value: path === undefined || sync.isTracked(path) ? '' : typedText(path),
    hint: (text) => {
      const { outside } = typedPaths(text, folder.uri.fsPath);
      return outside.length === 0 ? undefined : vscode.l10n.t('Outside the folder: {0}.', quotedPaths(outside));
    },
    check: async (text) => {
      const { paths, outside } = typedPaths(text, folder.uri.fsPath);
      if (outside.length > 0) throw new PalmtreeError('not_in_folder', 'outside', { details: { paths: outside } });
      if (paths.length === 0) throw new InvalidAnswer(vscode.l10n.t('Enter a path.'));
      await trackPaths(owner, paths);
    },
  });
}

export async function untrack({ picker, log }: TrackDeps, ...picked: readonly unknown[]): Promise<void> {
  for (const [{ sync, folder }, paths] of await picker.pick('tracked', vscode.l10n.t('Palmtree: Untrack'), ...picked)) {
    const [first = ''] = paths;
    const untracked = await sync.untrack(paths);
    const text =
      paths.length === 1
        ? vscode.l10n.t('{0} is no longer synced here. Nothing was deleted.', first || folder.name)
        : vscode.l10n.t('{0} paths are no longer synced here. Nothing was deleted.', formatNumber(paths.length));
    const undo = { title: vscode.l10n.t('Undo'), run: () => sync.trackAgain(untracked) };
    void notifyWithActions(log, folder, text, [undo]);
  }
}
