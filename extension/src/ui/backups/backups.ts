import * as vscode from 'vscode';
import { nameOf } from '../../core/paths';
import { PalmtreeError } from '../../errors';
import type { ListedBackup } from '../../sync/folder/folderBackups';
import { serverDocument } from '../documents/serverDocuments';
import { fileCount, formatBytes, formatDate, relativeTime } from '../../messages/format';
import { showNotification } from '../shared/notification';
import { pickMany, pickOne } from '../shared/quickInput';
import { targetFolder } from '../workspace/callOptions';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { deleteListed } from './deleteListed';
import { purposeMessage } from './purposeMessage';
import { restoreFiles } from './restoreFiles';

export interface BackupsDeps {
  readonly folders: WorkspaceFolders;
  readonly log: vscode.LogOutputChannel;
}

interface Action extends vscode.QuickPickItem {
  readonly icon?: string;
  readonly run?: () => Promise<void>;
}

/** Lists the backups with their sizes. The user picks one, then compares or restores its files, or deletes it. */
export async function showBackups(deps: BackupsDeps, argument: unknown): Promise<void> {
  const owner = await targetFolder(deps.folders, argument);
  const backups = await listedBackups(owner);
  if (backups === undefined) return;
  const items: Action[] = [
    ...backups.map((backup) => ({ ...backupItem(backup), run: () => showBackup(deps, owner, backup) })),
    separator(),
    { icon: 'trash', label: vscode.l10n.t('Delete Backups…'), run: () => pickToDelete(deps, owner, backups) },
  ];
  await runPicked(items, titleWithSize(backups), vscode.l10n.t('Select a backup of replaced or deleted files'));
}

/** Lets the user pick backups, and deletes them after a question. */
export async function deleteBackups(deps: BackupsDeps, argument: unknown): Promise<void> {
  const owner = await targetFolder(deps.folders, argument);
  const backups = await listedBackups(owner);
  if (backups !== undefined) await pickToDelete(deps, owner, backups);
}

/** Opens a diff with the backup `copy` on the left and the local file on the right. */
export async function compareWithBackup(owner: SyncedFolder, path: string, copy: string): Promise<void> {
  const name = nameOf(path);
  // In revision 0 every file is empty.
  const local = owner.sync.isOnDisk(path)
    ? vscode.Uri.joinPath(owner.folder.uri, ...path.split('/'))
    : serverDocument(owner, path, 0);
  const title = vscode.l10n.t('{0} (backup ↔ local)', name);
  await vscode.commands.executeCommand('vscode.diff', vscode.Uri.file(copy), local, title);
}

async function listedBackups({ sync }: SyncedFolder): Promise<readonly ListedBackup[] | undefined> {
  const backups = await sync.backups.list();
  if (backups.length > 0) return backups;
  const text = vscode.l10n.t('There are no backups yet. Nothing was replaced or deleted here.');
  void showNotification('information', `Palmtree: ${text}`);
  return undefined;
}

async function showBackup({ log }: BackupsDeps, owner: SyncedFolder, backup: ListedBackup): Promise<void> {
  const { files } = backup;
  const paths = [...files.keys()];
  const restore: Action = {
    icon: 'discard',
    label: files.size === 1 ? vscode.l10n.t('Restore…') : vscode.l10n.t('Restore Files…'),
    run: async () => restoreFiles(log, owner, backup.name, await pickFiles(paths)),
  };
  const remove: Action = {
    icon: 'trash',
    label: vscode.l10n.t('Delete This Backup…'),
    run: () => deleteListed(log, owner, [backup]),
  };
  const compare = [...files].map(([path, copy]): Action => ({
    label: path,
    run: () => compareWithBackup(owner, path, copy),
  }));
  const items = [restore, remove, separator(vscode.l10n.t('Compare with the local file')), ...compare];
  const { label, description = '' } = backupItem(backup);
  await runPicked(items, `${label} · ${description}`, vscode.l10n.t('Select what to do, or a file to compare'));
}

/** All files are picked at first. */
async function pickFiles(paths: readonly string[]): Promise<readonly string[]> {
  if (paths.length === 1) return paths;
  const picked = await pickMany(
    paths.map((label) => ({ label, picked: true })),
    {
      title: vscode.l10n.t('Palmtree: Restore'),
      placeHolder: vscode.l10n.t('Select files to restore'),
    },
  );
  return cancelledUnlessPicked(picked).map(({ label }) => label);
}

async function pickToDelete(
  { log }: BackupsDeps,
  owner: SyncedFolder,
  backups: readonly ListedBackup[],
): Promise<void> {
  const picked = await pickMany(
    backups.map((backup) => ({ ...backupItem(backup), backup })),
    { title: titleWithSize(backups), placeHolder: vscode.l10n.t('Select backups to delete') },
  );
  await deleteListed(
    log,
    owner,
    cancelledUnlessPicked(picked).map(({ backup }) => backup),
  );
}

function titleWithSize(backups: readonly ListedBackup[]): string {
  const bytes = backups.reduce((sum, backup) => sum + backup.bytes, 0);
  return vscode.l10n.t('Palmtree: Backups ({0})', formatBytes(bytes));
}

/** The time, the reason and the number of files; then the size and the age. */
function backupItem({ at, purpose, files, bytes }: ListedBackup): vscode.QuickPickItem {
  const date = new Date(at);
  return {
    label: [formatDate(date), purposeMessage(purpose), fileCount(files.size)].join(' · '),
    description: [formatBytes(bytes), relativeTime(date, new Date())].join(' · '),
  };
}

function separator(label = ''): Action {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

async function runPicked(items: readonly Action[], title: string, placeHolder: string): Promise<void> {
  const picked = await pickOne(items, { title, placeHolder });
  if (picked === undefined) throw new PalmtreeError('cancelled', 'nothing was picked');
  await picked.run?.();
}

function cancelledUnlessPicked<T>(picked: readonly T[] | undefined): readonly T[] {
  if (picked === undefined || picked.length === 0) throw new PalmtreeError('cancelled', 'nothing was picked');
  return picked;
}
