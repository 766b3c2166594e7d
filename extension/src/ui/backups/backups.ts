import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import type { BackedUpFiles } from '../../sync/transfer/backups';
import { targetFolder, type CommandDeps } from '../workspace/callOptions';
import { plural } from '../shared/format';
import { purposeMessage } from './purposeMessage';
import { serverDocument } from '../documents/serverDocuments';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Lets a backup be picked, and a file of it, and compares that with what is here. */
export async function showBackups(parts: CommandDeps, given: unknown): Promise<void> {
  const owner = await targetFolder(parts, given);
  const all = await owner.sync.backups();
  if (all.length === 0) {
    void vscode.window.showInformationMessage('Palmtree: no backups yet. Nothing was replaced or deleted here.');
    return;
  }
  const { files } = await pick(all.map(backupItem), 'Backups: what was replaced or deleted here');
  const items = [...files].map(([path, place]) => ({ label: path, path, place }));
  const { path, place } = await pick(items, 'Compare which file with what is here?');
  await compareWithBackup(owner, path, place);
}

/** Opens the diff: what was kept at `place` on the left, what is here on the right. */
export async function compareWithBackup(owner: SyncedFolder, path: string, place: string): Promise<void> {
  const name = path.split('/').at(-1) ?? path;
  // In revision 0 everything is empty.
  const here = owner.sync.isOnDisk(path)
    ? vscode.Uri.joinPath(owner.folder.uri, ...path.split('/'))
    : serverDocument(owner, path, 0);
  await vscode.commands.executeCommand('vscode.diff', vscode.Uri.file(place), here, `${name} (backup ↔ here)`);
}

function backupItem({ at, purpose, files }: BackedUpFiles): vscode.QuickPickItem & Pick<BackedUpFiles, 'files'> {
  const when = new Date(at);
  const two = (part: number): string => String(part).padStart(2, '0');
  const date = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
  const time = `${two(when.getHours())}:${two(when.getMinutes())}`;
  return { label: `${date} ${time} · ${purposeMessage(purpose)} · ${plural(files.size, 'file')}`, files };
}

async function pick<T extends vscode.QuickPickItem>(items: readonly T[], placeHolder: string): Promise<T> {
  const picked = await vscode.window.showQuickPick(items, { title: 'Palmtree: Show Backups', placeHolder });
  if (picked === undefined) throw new PalmtreeError('cancelled', 'nothing was picked');
  return picked;
}
