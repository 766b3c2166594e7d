import * as vscode from 'vscode';
import { trackedRoots, type TrackedRoots } from '../../core/tracking/trackedRoots';
import { contextKeys } from '../shared/ids';
import type { SyncedFolder, WorkspaceFolders } from './workspaceFolders';

/** States come in bursts; a menu is opened by hand. */
const restMs = 200;

/** Tells the Explorer's menu where something is tracked, so that Untrack is offered there alone. */
export function followTrackedPaths(folders: WorkspaceFolders): vscode.Disposable {
  let shown: readonly unknown[] = [];
  let timer: NodeJS.Timeout | undefined;
  const told = new Map<string, string>();
  const refresh = (): void => {
    timer = undefined;
    const places = folders.all.map((owner) => placesOf(owner));
    updateContext(contextKeys.trackedPaths, told, folders.all, places, 'paths');
    updateContext(contextKeys.trackedFolders, told, folders.all, places, 'folders');
    updateContext(contextKeys.leftPaths, told, folders.all, places, 'untracked');
  };
  const follow = (): void => {
    // The same object as long as no path comes or goes.
    const now = folders.all.flatMap(({ sync }) => [sync.trackedFolders, sync.rules.size]);
    if (now.length === shown.length && now.every((one, at) => one === shown[at])) return;
    shown = now;
    timer ??= setTimeout(refresh, restMs);
  };
  return vscode.Disposable.from(folders.onDidChange(follow), { dispose: () => clearTimeout(timer) });
}

function placesOf({ sync }: SyncedFolder): TrackedRoots {
  return trackedRoots(sync.trackedPaths, sync.rules);
}

function updateContext(
  key: string,
  told: Map<string, string>,
  owners: readonly SyncedFolder[],
  places: readonly TrackedRoots[],
  part: keyof TrackedRoots,
): void {
  const paths = owners.flatMap(({ folder }, at) => {
    const root = folder.uri.fsPath;
    const within = [...(places[at]?.[part] ?? [])];
    return within.map((path) => (path === '' ? root : vscode.Uri.joinPath(folder.uri, path).fsPath));
  });
  // The workbench is told of a change alone: it looks at its menus anew each time.
  const text = paths.sort().join('\n');
  if (told.get(key) === text) return;
  told.set(key, text);
  void vscode.commands.executeCommand('setContext', key, Object.fromEntries(paths.map((path) => [path, true])));
}
