import * as vscode from 'vscode';
import type { RestoreResult } from '../../sync/history/restore';
import { targetFolder, type CommandDeps } from '../workspace/callOptions';
import { pathSection, unsavedPaths } from '../sync/confirmations';
import { plural } from '../shared/format';
import { confirm, notifyResult } from '../shared/confirm';
import { pickPath, pickRevision, pickVersion } from './picks';
import { nameOf, versionOf } from './rows';
import { pickedUris, resolvePicked } from '../views/pickedPaths';
import { withProgress } from '../shared/notify';
import { statIfExists } from '../documents/statIfExists';
import { isRevisionRow } from './treeRows';
import { skippedMessage } from '../shared/skippedMessages';
import type { SyncedFolder } from '../workspace/workspaceFolders';

export async function restoreVersion(parts: CommandDeps, row: unknown): Promise<void> {
  const { owner, path, revision } = versionOf(row);
  await restorePaths(parts, owner, [path], revision, true);
}

/** Of what the explorer or a row picked, a revision is asked for; without that, a revision and then a path in it. */
export async function restoreFrom(parts: CommandDeps, one: unknown, many: unknown): Promise<void> {
  if (isRevisionRow(one)) {
    const { number } = one.revision;
    await restorePaths(parts, one.owner, [await pickPath(one.owner, number)], number);
    return;
  }
  const picked = pickedUris(one, many);
  if (picked.length === 0) {
    const owner = await targetFolder(parts, undefined);
    const { number } = await pickRevision(owner, 'Restore from which revision?');
    await restorePaths(parts, owner, [await pickPath(owner, number)], number);
    return;
  }
  for (const [owner, paths] of await resolvePicked(parts.folders, picked)) {
    const [path = ''] = paths;
    const { versions } = path === '' ? { versions: [] } : await owner.sync.history(path);
    // What has no versions of its own is a folder, or is in no revision, which restoring says.
    const revision =
      paths.length === 1 && versions.length > 0
        ? (await pickVersion(owner, path, `Restore ${nameOf(path)} from which revision?`)).revision
        : (await pickRevision(owner, 'Restore from which revision?')).number;
    await restorePaths(parts, owner, paths, revision);
  }
}

async function restorePaths(
  parts: CommandDeps,
  owner: SyncedFolder,
  paths: readonly string[],
  revision: number,
  isFile = false,
): Promise<void> {
  const { folder, sync } = owner;
  await confirmRestore(owner, paths, revision, isFile || (paths.length === 1 && sync.isOnDisk(paths[0] ?? '')));
  const result = await withProgress('Palmtree: Restore', (reporter) =>
    sync.restore(reporter, { paths, revision }, { hasUnsavedEdits: (path) => unsavedPaths(folder).has(path) }),
  );
  notifyResult(parts, folder, restoredMessage(result, paths, sync), result.skipped.length > 0);
  if (result.backup !== undefined) parts.log.info(`what it replaced is kept in ${result.backup}`);
}

/** Asks where edits that were never pushed would be replaced, or more than the picked file. Throws cancelled. */
async function confirmRestore(
  owner: SyncedFolder,
  paths: readonly string[],
  revision: number,
  isOneFile: boolean,
): Promise<void> {
  const isBelow = (path: string): boolean =>
    paths.some((picked) => picked === '' || path === picked || path.startsWith(`${picked}/`));
  const { sync } = owner;
  const waiting = [...sync.pathStates].flatMap(([path, state]) => {
    return isBelow(path) && sync.isOnDisk(path) && state !== 'incoming' ? [path] : [];
  });
  // What came later stays, so that nothing of it is replaced.
  const then = waiting.length === 0 ? undefined : new Set(await sync.pathsAt(revision));
  const edited = waiting.filter((path) => then?.has(path));
  const untracked: string[] = [];
  for (const path of paths) if (!sync.isTracked(path) && (await isFileThere(owner, path))) untracked.push(path);
  if (isOneFile && edited.length + untracked.length === 0) return;
  const what = paths.length === 1 ? paths[0] || 'the whole tree' : plural(paths.length, 'path');
  const detail = [
    pathSection('Replaces your unpushed edits in', edited),
    pathSection('Replaces, and tracks again, what is not tracked here', untracked),
    'What is replaced is kept in a backup.',
    isOneFile ? '' : 'Files that came later stay.',
  ].filter((part) => part !== '');
  await confirm(`Restore ${what} as of revision ${revision}?`, detail.join('\n\n'), 'Restore');
}

async function isFileThere({ folder }: SyncedFolder, path: string): Promise<boolean> {
  const stat = await statIfExists(vscode.Uri.joinPath(folder.uri, ...path.split('/')));
  return stat !== undefined && (stat.type & vscode.FileType.Directory) === 0;
}

function restoredMessage(
  { revision, written, skipped }: RestoreResult,
  paths: readonly string[],
  { pathStates }: SyncedFolder['sync'],
): string {
  const [held] = skipped;
  if (held !== undefined) return `${plural(skipped.length, 'file')} held back: ${held.path} ${skippedMessage(held)}.`;
  const what = written.length === 1 ? written[0] : plural(written.length, 'file');
  if (written.length > 0) {
    // What the server has so already is in step again.
    const isNews = written.some((path) => pathStates.has(path));
    return `${what} restored from revision ${revision}${isNews ? '; push to send it.' : '. The server has it so already.'}`;
  }
  return `${paths.length === 1 ? paths[0] || 'The tree' : plural(paths.length, 'path')} is as in revision ${revision} already.`;
}
