import * as vscode from 'vscode';
import type { Rule } from '../../core/tracking/rule';
import { PalmtreeError } from '../../errors';
import { formatNumber } from '../shared/format';
import { showError, showInStatusBar } from '../shared/notify';
import type { PathPicker } from '../views/pathPicker';
import { pickedUris, resolvePicked } from '../views/pickedPaths';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

export interface TrackDeps {
  readonly folders: WorkspaceFolders;
  readonly picker: PathPicker;
  readonly log: vscode.LogOutputChannel;
}

/** Tracks the picked files and folders, else those that the user types. */
export async function track({ folders }: TrackDeps, uri: unknown, uris: unknown): Promise<void> {
  let picked = pickedUris(uri, uris);
  if (picked.length === 0) picked = await askForPaths(await folders.find());
  for (const [{ sync }, paths] of await resolvePicked(folders, picked)) {
    await sync.track(paths);
    const problems = [...sync.pathStates.values()].filter((state) => state === 'problem').length;
    showInStatusBar(trackedMessage(sync.state.counts.tracked, problems));
  }
}

function trackedMessage(tracked: number, problems: number): string {
  const files =
    tracked === 1 ? vscode.l10n.t('1 file tracked') : vscode.l10n.t('{0} files tracked', formatNumber(tracked));
  if (problems === 0) return files;
  return `${files}, ${problems === 1 ? vscode.l10n.t('1 problem') : vscode.l10n.t('{0} problems', formatNumber(problems))}`;
}

async function askForPaths({ folder }: SyncedFolder): Promise<vscode.Uri[]> {
  const typed = await vscode.window.showInputBox({
    title: vscode.l10n.t('Palmtree: Track for sync'),
    prompt: vscode.l10n.t('Files and folders, relative to the workspace folder. Put quotes around names with spaces.'),
    placeHolder: vscode.l10n.t('notes drafts/plan.md "my data"'),
    ignoreFocusOut: true,
  });
  if (typed === undefined || typed.trim() === '') throw new PalmtreeError('cancelled', 'no path was given');
  return splitPaths(typed).map((path) => vscode.Uri.joinPath(folder.uri, path));
}

/** Splits typed paths as a shell would: at spaces, but not inside double quotes. */
function splitPaths(text: string): string[] {
  const paths = [...text.matchAll(/"([^"]+)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
  return paths.map((path) => path.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, ''));
}

export async function untrack(deps: TrackDeps, uri: unknown, uris: unknown): Promise<void> {
  for (const [owner, paths] of await deps.picker.pick('tracked', vscode.l10n.t('Palmtree: Untrack'), uri, uris)) {
    const { sync, folder } = owner;
    const [first = ''] = paths;
    const isFile = paths.length === 1 && sync.isOnDisk(first);
    const removed = await sync.untrack(paths);
    const text =
      paths.length === 1
        ? vscode.l10n.t('{0} is no longer synced here. Nothing was deleted.', first || folder.name)
        : vscode.l10n.t('{0} paths are no longer synced here. Nothing was deleted.', formatNumber(paths.length));
    showInStatusBar(text, 8_000);
    if (!isFile) void offerToTrackAgain(deps, owner, paths, removed, text);
  }
}

/** Called only for folders and several files: they are easily untracked by mistake and hard to pick again. */
async function offerToTrackAgain(
  { log }: TrackDeps,
  { sync }: SyncedFolder,
  paths: readonly string[],
  removed: readonly Rule[],
  text: string,
): Promise<void> {
  const undo = vscode.l10n.t('Undo');
  if ((await vscode.window.showInformationMessage(`Palmtree: ${text}`, undo)) !== undo) return;
  await sync.trackAgain(paths, removed).catch((error: unknown) => showError(error, log));
}
