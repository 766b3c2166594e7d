import * as vscode from 'vscode';
import { isPalmtreeError } from '../../errors';
import type { RuleRename } from '../../core/tracking/moveRules';
import { quotedPaths } from '../../messages/pathList';
import { formatNumber } from '../../messages/format';
import { commandIds } from '../shared/ids';
import { showNotification } from '../shared/notification';
import { notificationSource } from '../shared/notify';
import { relativePath } from './relativePath';
import type { SyncedFolder, WorkspaceFolders } from './workspaceFolders';

interface Rename {
  readonly oldUri: vscode.Uri;
  readonly newUri: vscode.Uri;
}

/** Lets the rules follow renames: those of the Explorer and other extensions here, and any other at the next scan. */
export function registerRenames(folders: WorkspaceFolders, log: vscode.LogOutputChannel): vscode.Disposable {
  const watched = new Map<SyncedFolder['sync'], { dispose(): void }>();
  const watch = (): void => {
    const current = new Map(folders.all.map((owner) => [owner.sync, owner]));
    for (const [sync, subscription] of watched) {
      if (current.has(sync)) continue;
      subscription.dispose();
      watched.delete(sync);
    }
    for (const [sync, owner] of current) {
      if (watched.has(sync)) continue;
      watched.set(
        sync,
        sync.onDidFollowRenames((renames) => void notifyFollowed(owner, renames, log)),
      );
    }
  };
  watch();
  return vscode.Disposable.from(
    folders.onDidChange(watch),
    { dispose: () => watched.forEach((subscription) => subscription.dispose()) },
    vscode.workspace.onDidRenameFiles(({ files }) => void followAll(folders, files, log)),
  );
}

async function followAll(
  folders: WorkspaceFolders,
  files: readonly Rename[],
  log: vscode.LogOutputChannel,
): Promise<void> {
  try {
    const inside = new Map<SyncedFolder, { from: string; to: string }[]>();
    for (const { oldUri, newUri } of files) {
      const [source, target] = [locate(folders, oldUri), locate(folders, newUri)];
      if (source === undefined) continue;
      if (source.owner === target?.owner) {
        const renames = inside.get(source.owner) ?? [];
        inside.set(source.owner, [...renames, { from: source.path, to: target.path }]);
      } else {
        await followOut(source, newUri, target);
      }
    }
    for (const [owner, renames] of inside) {
      const added = await owner.sync.renames.follow(renames);
      if (added.length > 0) void notifyStillTracked(owner, added);
    }
  } catch (error) {
    // The folder was closed meanwhile, or is busy: the next scan finds the rename.
    if (!isPalmtreeError(error)) throw error;
    log.warn(`a rename was not followed: ${error.code}: ${error.message}`);
  }
}

interface Location {
  readonly owner: SyncedFolder;
  readonly path: string;
}

function locate(folders: WorkspaceFolders, uri: vscode.Uri): Location | undefined {
  const owner = folders.folderOf(uri);
  const path = owner && relativePath(owner.folder, uri);
  return owner === undefined || !path ? undefined : { owner, path };
}

/** Follows a move to another workspace folder, or out of all of them. */
async function followOut(source: Location, newUri: vscode.Uri, target: Location | undefined): Promise<void> {
  // A file that left all folders is gone for others: the next push asks before it deletes it there.
  if (target === undefined) return;
  const moved = await source.owner.sync.renames.moveOut(source.path, newUri.fsPath);
  if (moved === undefined) return;
  await target.owner.sync.renames.moveIn(target.path, moved);
  void notifyStillTracked(target.owner, [target.path]);
}

/** The user may have moved files in order to end their sync. */
async function notifyStillTracked({ folder }: SyncedFolder, paths: readonly string[]): Promise<void> {
  const text =
    paths.length === 1
      ? vscode.l10n.t('{0} is still tracked at its new location.', quotedPaths(paths))
      : vscode.l10n.t('{0} are still tracked at their new locations.', quotedPaths(paths));
  const untrack = vscode.l10n.t('Untrack');
  const picked = await showNotification('information', `${notificationSource(folder.uri)}: ${text}`, untrack);
  if (picked !== untrack) return;
  const uris = paths.map((path) => vscode.Uri.joinPath(folder.uri, path));
  await vscode.commands.executeCommand(commandIds.untrack, uris[0], uris);
}

async function notifyFollowed(
  { folder }: SyncedFolder,
  renames: readonly RuleRename[],
  log: vscode.LogOutputChannel,
): Promise<void> {
  for (const { from, to } of renames) log.info(`${folder.name}: ${from} was renamed to ${to}; its rule follows`);
  const [first] = renames;
  if (first === undefined) return;
  const text =
    renames.length === 1
      ? vscode.l10n.t('"{0}" was renamed to "{1}". Tracking follows.', first.from, first.to)
      : vscode.l10n.t('{0} tracked paths were renamed. Tracking follows.', formatNumber(renames.length));
  await showNotification('information', `${notificationSource(folder.uri)}: ${text}`);
}
