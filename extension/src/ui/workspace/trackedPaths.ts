import * as vscode from 'vscode';
import { trackingSummary, type TrackingSummary } from '../../core/tracking/trackingSummary';
import { contextKeys } from '../shared/ids';
import type { SyncedFolder, WorkspaceFolders } from './workspaceFolders';

/** Folders change state in bursts; a menu opens at a person's pace. */
const debounceMs = 200;

/** Keeps the context keys that list tracked paths up to date: the Explorer's menu offers Untrack only there. */
export function registerTrackedPaths(folders: WorkspaceFolders): vscode.Disposable {
  let previous: readonly unknown[] = [];
  let timer: NodeJS.Timeout | undefined;
  const current = new Map<string, string>();
  const refresh = (): void => {
    timer = undefined;
    const summaries = folders.all.map((owner) => summaryOf(owner));
    setPaths(contextKeys.trackedPaths, current, absolutePaths(folders.all, summaries, 'paths'));
    setPaths(contextKeys.trackedFolders, current, absolutePaths(folders.all, summaries, 'folders'));
    setPaths(contextKeys.untrackedPaths, current, absolutePaths(folders.all, summaries, 'untracked'));
  };
  const schedule = (): void => {
    // `trackedFolders` is the same object until a path is added or removed.
    const now = folders.all.flatMap(({ sync }) => [sync.trackedFolders, sync.rulesVersion]);
    if (now.length === previous.length && now.every((value, index) => value === previous[index])) return;
    previous = now;
    timer ??= setTimeout(refresh, debounceMs);
  };
  return vscode.Disposable.from(folders.onDidChange(schedule), { dispose: () => clearTimeout(timer) });
}

function summaryOf({ sync }: SyncedFolder): TrackingSummary {
  return trackingSummary(sync.trackedPaths, sync.rules);
}

function absolutePaths(
  owners: readonly SyncedFolder[],
  summaries: readonly TrackingSummary[],
  part: keyof TrackingSummary,
): string[] {
  return owners.flatMap(({ folder }, index) =>
    [...(summaries[index]?.[part] ?? [])].map((path) =>
      path === '' ? folder.uri.fsPath : vscode.Uri.joinPath(folder.uri, path).fsPath,
    ),
  );
}

/** Sets a context only when it changes: the workbench evaluates its menus again each time. */
function setPaths(key: string, current: Map<string, string>, paths: readonly string[]): void {
  const text = [...paths].sort().join('\n');
  if (current.get(key) === text) return;
  current.set(key, text);
  void vscode.commands.executeCommand('setContext', key, Object.fromEntries(paths.map((path) => [path, true])));
}
