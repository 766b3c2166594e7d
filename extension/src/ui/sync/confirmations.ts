import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import type { ForceAnswer, ForcePushPlan } from '../../sync/push/forcePush';
import {
  comparisonConfirmation,
  deletionsConfirmation,
  forceConfirmation,
  newTreeMessage,
} from '../../messages/confirmations';
import { confirm } from '../shared/confirm';
import { formatNumber } from '../../messages/format';
import { commandIds } from '../shared/ids';
import { showModal } from '../shared/notification';
import { pickMany } from '../shared/quickInput';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/**
 * Lists what a force push would replace. Returns false if the user cancels. Files with conflict markers are sent only if the
 * user picks them one by one.
 */
export async function confirmForce(plan: ForcePushPlan): Promise<ForceAnswer> {
  const { marked } = plan;
  const { question, detail } = forceConfirmation(plan);
  const action = vscode.l10n.t('Force Push');
  const choose = vscode.l10n.t('Push Files with Conflict Markers Too…');
  const buttons = marked.length === 0 ? [action] : [action, choose];
  const answer = await showModal('warning', question, detail.join('\n\n'), ...buttons);
  return answer === choose ? chooseMarked(marked) : answer === action;
}

async function chooseMarked(marked: readonly string[]): Promise<ForceAnswer> {
  const picked = await pickMany(
    marked.map((label) => ({ label })),
    {
      title: vscode.l10n.t('Palmtree: Push (Force)'),
      placeHolder: vscode.l10n.t('Check the files to push with their conflict markers'),
    },
  );
  return picked === undefined ? false : { marked: new Set(picked.map(({ label }) => label)) };
}

/** Asks before the tree is created, since its name may be mistyped in the settings. Throws cancelled. */
export async function confirmNewTree({ folder, sync }: SyncedFolder): Promise<void> {
  const { tree = '', server = '' } = sync.state.binding ?? {};
  const create = vscode.l10n.t('Create Tree');
  const choose = vscode.l10n.t('Choose Another…');
  const answer = await showModal('warning', newTreeMessage(tree, server), undefined, create, choose);
  if (answer === choose) void vscode.commands.executeCommand(commandIds.connect, folder.uri);
  if (answer !== create) throw new PalmtreeError('cancelled', 'the user did not create the tree');
}

/** Asks before all files are compared anew, since the server no longer has the last synced revision. Throws cancelled. */
export async function confirmComparison({ sync }: SyncedFolder): Promise<void> {
  const { question, detail } = comparisonConfirmation(sync.state);
  await confirm(question, detail.join('\n\n'), vscode.l10n.t('Compare All Files'));
}

/** Lists the stopped deletions, and opens the review if the user picks it. Throws cancelled unless the user confirms. */
export async function confirmDeletions(error: PalmtreeError, folder: vscode.WorkspaceFolder): Promise<void> {
  const { question, detail } = deletionsConfirmation(error);
  // Enter picks the first button, which must be harmless.
  const review = vscode.l10n.t('Review Changes');
  const proceed = guardAction(error);
  const answer = await showModal('warning', question, detail.join('\n\n'), review, proceed);
  if (answer === review) void vscode.commands.executeCommand(commandIds.review, folder.uri);
  if (answer !== proceed) throw new PalmtreeError('cancelled', 'the deletions were not confirmed');
}

/** The button that goes on. The message above it has the number of files of each kind. */
function guardAction({ details: { deletions } }: PalmtreeError): string {
  const { direction = 'push', deletes = 0, emptied = 0 } = deletions ?? {};
  if (deletes + emptied === 0)
    return direction === 'push' ? vscode.l10n.t('Push Anyway') : vscode.l10n.t('Pull Anyway');
  const count = formatNumber(deletes + emptied);
  return direction === 'push' ? serverAction(deletes, emptied, count) : localAction(deletes, emptied, count);
}

function serverAction(deletes: number, emptied: number, count: string): string {
  if (deletes > 0 && emptied > 0) return vscode.l10n.t('Delete or Empty {0} Files on the Server', count);
  if (deletes > 0) {
    return deletes === 1
      ? vscode.l10n.t('Delete 1 File on the Server')
      : vscode.l10n.t('Delete {0} Files on the Server', count);
  }
  return emptied === 1
    ? vscode.l10n.t('Empty 1 File on the Server')
    : vscode.l10n.t('Empty {0} Files on the Server', count);
}

function localAction(deletes: number, emptied: number, count: string): string {
  if (deletes > 0 && emptied > 0) return vscode.l10n.t('Delete or Empty {0} Files Here', count);
  if (deletes > 0) {
    return deletes === 1 ? vscode.l10n.t('Delete 1 File Here') : vscode.l10n.t('Delete {0} Files Here', count);
  }
  return emptied === 1 ? vscode.l10n.t('Empty 1 File Here') : vscode.l10n.t('Empty {0} Files Here', count);
}
