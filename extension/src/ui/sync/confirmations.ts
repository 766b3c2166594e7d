import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import type { Replacement } from '../../sync/push/forcePush';
import type { SyncState } from '../../sync/ports/syncState';
import { plural } from '../shared/format';
import { commandIds } from '../shared/ids';
import { relativePath } from '../workspace/watcher';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { messageFor } from '../shared/errorMessages';

const listed = 10;

/** Says what a force push would replace; true when the user goes on. */
export async function confirmForce(plan: Replacement): Promise<boolean> {
  const replaces = plan.replaced.length + plan.deleted.length;
  const detail = [
    pathSection('Replaced', plan.replaced),
    pathSection('Deleted', plan.deleted),
    pathSection('Added', plan.added),
    replaces === 0 && plan.added.length === 0 ? 'Nothing differs. All tracked files are verified on the server.' : '',
    "What is replaced or deleted stays in the server's history.",
  ].filter((part) => part !== '');
  const message =
    replaces === 0
      ? 'Push all tracked files again?'
      : `Replace ${plural(replaces, 'file')} on the server with what is here?`;
  const action = 'Force Push';
  const answer = await vscode.window.showWarningMessage(message, { modal: true, detail: detail.join('\n\n') }, action);
  return answer === action;
}

/** A heading with the first of the paths below it; empty without a path. */
export function pathSection(title: string, paths: readonly string[]): string {
  if (paths.length === 0) return '';
  const more = paths.length > listed ? `\n  … and ${paths.length - listed} more` : '';
  return `${title} (${paths.length}):\n${paths
    .slice(0, listed)
    .map((path) => `  ${path}`)
    .join('\n')}${more}`;
}

/** A tree that only the settings name may be a typing error. Throws cancelled. */
export async function confirmNewTree({ binding }: SyncState): Promise<void> {
  const action = 'Make It';
  const message = `There is no tree "${binding?.tree}" on ${binding?.server}.`;
  const detail = 'Make it, or correct the setting palmtree.tree.';
  const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, action);
  if (answer === undefined) throw new PalmtreeError('cancelled', 'the tree was not to be made');
}

/** Says what the deletion guard stopped, and opens the plan if asked to. Throws cancelled unless the user goes on all the same. */
export async function confirmDeletions(error: PalmtreeError, folder: vscode.WorkspaceFolder): Promise<void> {
  // Enter presses the first of the buttons: it must do no harm.
  const look = 'Review Changes';
  const { direction = 'push', missingFolders = [] } = error.details.deletions ?? {};
  const action = confirmAction(error);
  const question =
    direction === 'push' || missingFolders.length > 0
      ? 'Is a disk not mounted, or was the folder emptied by mistake?'
      : 'Was the tree emptied by mistake on another machine? What is deleted here is kept in a backup.';
  const side = direction === 'push' ? 'Lost on the server' : 'Lost here';
  const parts = [pathSection(side, error.details.paths ?? []), `${question} Nothing was changed so far.`];
  const detail = parts.filter((part) => part !== '').join('\n\n');
  const answer = await vscode.window.showWarningMessage(messageFor(error).text, { modal: true, detail }, look, action);
  if (answer === look) void vscode.commands.executeCommand(commandIds.review, folder.uri);
  if (answer !== action) throw new PalmtreeError('cancelled', 'the deletion guard was not released');
}

/** What going on does, and on which side. */
function confirmAction({ details: { deletions } }: PalmtreeError): string {
  const { direction = 'push', deletes = 0, emptied = 0 } = deletions ?? {};
  const parts = [deletes > 0 ? `Delete ${deletes}` : '', emptied > 0 ? `Empty ${emptied}` : ''];
  const what = parts.filter((part) => part !== '').join(' and ');
  if (what === '') return direction === 'push' ? 'Push All the Same' : 'Pull All the Same';
  return `${what} ${direction === 'push' ? 'on the Server' : 'Here'}`;
}

export function unsavedPaths(folder: vscode.WorkspaceFolder): ReadonlySet<string> {
  const documents = [...vscode.workspace.textDocuments, ...vscode.workspace.notebookDocuments];
  const dirty = documents.filter(({ isDirty }) => isDirty).map(({ uri }) => uri);
  // A custom editor, of pictures or of bytes, has no document that is told of: its tab is.
  const tabs = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).filter(({ isDirty }) => isDirty);
  const edited = tabs.flatMap(({ input }) => (input instanceof vscode.TabInputCustom ? [input.uri] : []));
  return new Set([...dirty, ...edited].flatMap((uri) => relativePath(folder, uri) ?? []));
}

/** Says why paths were left as they are; true when those with unsaved edits are saved now, to try again. */
export async function offerToSaveSkipped(
  folder: vscode.WorkspaceFolder,
  text: string,
  unsaved: readonly string[],
  save: string,
): Promise<boolean> {
  const actions = unsaved.length > 0 ? [save] : [];
  const answer = await vscode.window.showWarningMessage(`Palmtree: ${text}`, ...actions);
  return answer === save && saveFiles(folder, unsaved);
}

/** False when one of them could not be saved. */
export async function saveFiles(folder: vscode.WorkspaceFolder, paths: readonly string[]): Promise<boolean> {
  const documents = [...vscode.workspace.textDocuments, ...vscode.workspace.notebookDocuments];
  const meant = documents.filter(({ uri, isDirty }) => isDirty && paths.includes(relativePath(folder, uri) ?? ''));
  for (const document of meant) if (!(await document.save())) return false;
  return true;
}

/** A push sends what is on disk: unsaved edits would stay behind unnoticed. Throws cancelled. */
export async function offerToSave({ folder, sync }: SyncedFolder, verb: string): Promise<void> {
  const unsaved = [...unsavedPaths(folder)].filter((path) => sync.isTracked(path));
  if (unsaved.length === 0) return;
  const save = `Save All and ${verb}`;
  const without = `${verb} Without`;
  const message = `${plural(unsaved.length, 'file')} with unsaved edits.`;
  const detail = 'What is not saved is not sent.';
  const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, save, without);
  const isSaved = answer === save && (await saveFiles(folder, unsaved));
  if (!isSaved && answer !== without) throw new PalmtreeError('cancelled', 'unsaved edits');
}
