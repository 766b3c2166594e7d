import { setImmediate } from 'node:timers/promises';
import type * as vscode from 'vscode';
import { parentOf } from '../../core/paths';
import { FolderWatch } from '../../io/fs/watch/folderWatch';
import type { FolderSync } from '../../sync/folder/folderSync';

/** To watch this many folders takes a few milliseconds, in which the extension host does nothing else. */
const foldersPerTurn = 100;

/**
 * Watches the tracked folders that appear from now on, on Linux, where VS Code's watcher does not watch a folder that was
 * made in a new one before it watched that: after `mkdir -p a/b` it reports no change in `a/b`
 * (https://github.com/parcel-bundler/watcher/issues/97). `onFault` is called once, when a folder cannot be watched.
 */
export function watchNewFolders(root: string, sync: FolderSync, onFault: (error: Error) => void): vscode.Disposable {
  if (process.platform !== 'linux') return { dispose: () => undefined };
  let tracked = sync.trackedFolders;
  let known = tracked.all;
  let isEnded = false;
  const watch = new FolderWatch({
    root,
    onChange: (paths) => sync.onFileEvents(paths),
    onFault: (error) => {
      if (!isEnded) onFault(error);
      isEnded = true;
    },
    isWanted: (path) => sync.isTracked(path),
  });
  const follow = async (folders: readonly string[]): Promise<void> => {
    for (let index = 0; index < folders.length && !isEnded; index += foldersPerTurn) {
      watch.renew(folders.slice(index, index + foldersPerTurn));
      await setImmediate();
    }
    const isNew = new Set(folders);
    // They may have changed before they were watched.
    if (!isEnded) sync.onFileEvents(folders.filter((folder) => !isNew.has(parentOf(folder) ?? '')));
  };
  const subscription = sync.onDidChangeState(() => {
    if (isEnded || sync.trackedFolders === tracked) return;
    tracked = sync.trackedFolders;
    const before = known;
    known = tracked.all;
    const added = [...known].filter((folder) => !before.has(folder));
    if (added.length > 0) void follow(added);
  });
  return {
    dispose: () => {
      isEnded = true;
      subscription.dispose();
      watch.close();
    },
  };
}
