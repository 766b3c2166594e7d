import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import type { FolderSync } from '../../sync/folder/folderSync';
import { pendingSigns } from '../shared/pendingSigns';
import { pickOne } from '../shared/quickInput';

interface Pickable {
  readonly folder: vscode.WorkspaceFolder;
  readonly sync: Pick<FolderSync, 'isConnected' | 'state'>;
}

/** Lets the user pick one of the folders, with what is pending in each. Throws cancelled. */
export async function pickFolder<T extends Pickable>(folders: readonly T[]): Promise<T> {
  const items = folders.map((owner) => ({
    label: owner.folder.name,
    description: owner.sync.isConnected ? pendingSigns(owner.sync.state.counts) : vscode.l10n.t('not connected'),
    owner,
  }));
  const picked = await pickOne(items, { placeHolder: vscode.l10n.t('Select a folder') });
  if (picked === undefined) throw new PalmtreeError('cancelled', 'no folder was picked');
  return picked.owner;
}
