import * as vscode from 'vscode';
import type { PathArea } from '../../core/pathArea';
import { PalmtreeError } from '../../errors';
import { formatNumber } from '../../messages/format';
import { showModal, showNotification } from '../shared/notification';
import { relativePath } from './relativePath';
import type { SyncedFolder } from './workspaceFolders';

/** The paths in the folder with unsaved changes in an editor. */
export function unsavedPaths(folder: vscode.WorkspaceFolder): ReadonlySet<string> {
  const dirty = openDocuments().flatMap(({ isDirty, uri }) => (isDirty ? [uri] : []));
  // A custom editor, for example a hex editor, has no document in VS Code's API, only a tab.
  const tabs = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).filter(({ isDirty }) => isDirty);
  const custom = tabs.flatMap(({ input }) => (input instanceof vscode.TabInputCustom ? [input.uri] : []));
  return new Set([...dirty, ...custom].flatMap((uri) => relativePath(folder, uri) ?? []));
}

/** Saves the open files among `paths`; false if one could not be saved. */
export async function saveFiles(folder: vscode.WorkspaceFolder, paths: readonly string[]): Promise<boolean> {
  const unsaved = openDocuments().filter(
    ({ uri, isDirty }) => isDirty && paths.includes(relativePath(folder, uri) ?? ''),
  );
  for (const document of unsaved) if (!(await document.save())) return false;
  return true;
}

/** Warns that paths were skipped, and offers to save those with unsaved changes. True if they were saved. */
export async function offerToSaveSkipped(
  folder: vscode.WorkspaceFolder,
  text: string,
  unsaved: readonly string[],
  save: string,
): Promise<boolean> {
  const actions = unsaved.length > 0 ? [save] : [];
  const answer = await showNotification('warning', `Palmtree: ${text}`, ...actions);
  return answer === save && saveFiles(folder, unsaved);
}

const saveActions = {
  push: { save: vscode.l10n.t('Save and Push'), skip: vscode.l10n.t('Push Without Saving') },
  pushForce: { save: vscode.l10n.t('Save and Force Push'), skip: vscode.l10n.t('Force Push Without Saving') },
  sync: { save: vscode.l10n.t('Save and Sync'), skip: vscode.l10n.t('Sync Without Saving') },
} as const;

/** Offers to save tracked files before a push of `area`, which sends what is on disk. Throws cancelled. */
export async function offerToSave(
  { folder, sync }: SyncedFolder,
  command: keyof typeof saveActions,
  area?: PathArea,
): Promise<void> {
  const isSent = (path: string): boolean => sync.isTracked(path) && area?.has(path) !== false;
  const unsaved = [...unsavedPaths(folder)].filter(isSent);
  if (unsaved.length === 0) return;
  const { save, skip } = saveActions[command];
  const message =
    unsaved.length === 1
      ? vscode.l10n.t('1 tracked file has unsaved changes.')
      : vscode.l10n.t('{0} tracked files have unsaved changes.', formatNumber(unsaved.length));
  const detail = vscode.l10n.t('Unsaved changes are not sent.');
  const answer = await showModal('warning', message, detail, save, skip);
  const isSaved = answer === save && (await saveFiles(folder, unsaved));
  if (!isSaved && answer !== skip) throw new PalmtreeError('cancelled', 'there are unsaved changes');
}

function openDocuments(): readonly (vscode.TextDocument | vscode.NotebookDocument)[] {
  return [...vscode.workspace.textDocuments, ...vscode.workspace.notebookDocuments];
}
