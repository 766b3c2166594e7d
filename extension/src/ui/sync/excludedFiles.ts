import * as vscode from 'vscode';
import type { SharedlyExcluded } from '../../core/tracking/sharedRules';
import { compareNaturally } from '../../core/paths';
import { excludedByMessage } from '../../messages/sharedRulesMessages';
import { pickOne } from '../shared/quickInput';
import type { NoticeAction } from '../workspace/undoNotice';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** The action that lists the files whose sync a pull has ended. None without a file. */
export function excludedActions(owner: SyncedFolder, excluded: readonly SharedlyExcluded[]): readonly NoticeAction[] {
  if (excluded.length === 0) return [];
  return [{ title: vscode.l10n.t('Show Excluded Files'), run: () => showExcluded(owner, excluded) }];
}

/** Lists the files, and opens the picked one. */
async function showExcluded({ folder }: SyncedFolder, excluded: readonly SharedlyExcluded[]): Promise<void> {
  const rows = excluded
    .toSorted((a, b) => compareNaturally(a.path, b.path))
    .map(({ path, by }) => ({ label: path, description: excludedByMessage(by) }));
  const picked = await pickOne(rows, {
    title: vscode.l10n.t('Palmtree: Excluded Files'),
    placeHolder: vscode.l10n.t('Select a file to open it'),
  });
  if (picked === undefined) return;
  await vscode.commands.executeCommand('vscode.open', vscode.Uri.joinPath(folder.uri, picked.label));
}
