import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import type { ForceAnswer, ForcePushPlan } from '../../sync/push/forcePush';
import { confirm } from '../shared/confirm';
import { messageFor } from '../shared/errorMessages';
import { formatNumber } from '../../messages/format';
import { commandIds } from '../shared/ids';
import { showModal } from '../shared/notification';
import { pathSection } from '../../messages/pathList';
import { pickMany } from '../shared/quickInput';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/**
 * Lists what a force push would replace. Returns false if the user cancels. Files with conflict markers are sent only if the
 * user picks them one by one.
 */
export async function confirmForce(plan: ForcePushPlan): Promise<ForceAnswer> {
  const { replaced, deleted, added, marked } = plan;
  const affected = replaced.length + deleted.length;
  const detail = [
    pathSection(vscode.l10n.t('Will be replaced on the server'), replaced),
    pathSection(vscode.l10n.t('Will be deleted on the server'), deleted),
    pathSection(vscode.l10n.t('Will be added on the server'), added),
    pathSection(vscode.l10n.t('Left out, because of the conflict markers of an unfinished merge'), marked),
    affected + added.length === 0
      ? vscode.l10n.t('Nothing differs. All tracked files are verified on the server.')
      : '',
    vscode.l10n.t('Replaced and deleted versions stay in the history until a policy of the server removes them.'),
  ];
  const action = vscode.l10n.t('Force Push');
  const choose = vscode.l10n.t('Push Marked Files Too…');
  const text = detail.filter((part) => part !== '').join('\n\n');
  const buttons = marked.length === 0 ? [action] : [action, choose];
  const answer = await showModal('warning', forceQuestion(affected), text, ...buttons);
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

function forceQuestion(affected: number): string {
  if (affected === 0) return vscode.l10n.t('Push all tracked files again?');
  return affected === 1
    ? vscode.l10n.t('Replace 1 file on the server with the local version?')
    : vscode.l10n.t('Replace {0} files on the server with the local versions?', formatNumber(affected));
}

/** Asks before the tree is created, since its name may be mistyped in the settings. Throws cancelled. */
export async function confirmNewTree({ folder, sync }: SyncedFolder): Promise<void> {
  const { tree = '', server = '' } = sync.state.binding ?? {};
  const message = vscode.l10n.t('The tree "{0}" doesn\'t exist on {1} yet.', tree, server);
  const create = vscode.l10n.t('Create Tree');
  const choose = vscode.l10n.t('Choose Another…');
  const answer = await showModal('warning', message, undefined, create, choose);
  if (answer === choose) void vscode.commands.executeCommand(commandIds.connect, folder.uri);
  if (answer !== create) throw new PalmtreeError('cancelled', 'the user did not create the tree');
}

/** Asks before all files are compared anew, since the server no longer has the last synced revision. Throws cancelled. */
export async function confirmComparison({ sync }: SyncedFolder): Promise<void> {
  const { binding, revision } = sync.state;
  const { tree = '', server = '' } = binding ?? {};
  const message = vscode.l10n.t('{0} no longer has revision {1} of "{2}", which is here.', server, revision, tree);
  const detail = [
    vscode.l10n.t(
      'The server was restored from an older copy, shows another history than before, or has removed old revisions. If you did not expect that, ask its administrator first.',
    ),
    vscode.l10n.t(
      'Palmtree can compare all files again. It replaces and deletes none: each file that differs becomes a conflict. Files that only the server has are pulled, and files that only this machine has are pushed again.',
    ),
  ];
  await confirm(message, detail.join('\n\n'), vscode.l10n.t('Compare All Files'));
}

/** Lists the stopped deletions, and opens the review if the user picks it. Throws cancelled unless the user confirms. */
export async function confirmDeletions(error: PalmtreeError, folder: vscode.WorkspaceFolder): Promise<void> {
  const { paths = [], deletions } = error.details;
  const { direction = 'push', emptied = 0 } = deletions ?? {};
  const detail = [
    pathSection(guardHeading(direction, emptied > 0), paths),
    `${guardQuestion(error)} ${vscode.l10n.t('Nothing has been changed yet.')}`,
  ];
  const text = detail.filter((part) => part !== '').join('\n\n');
  // Enter picks the first button, which must be harmless.
  const review = vscode.l10n.t('Review Changes');
  const proceed = guardAction(error);
  const answer = await showModal('warning', messageFor(error).text, text, review, proceed);
  if (answer === review) void vscode.commands.executeCommand(commandIds.review, folder.uri);
  if (answer !== proceed) throw new PalmtreeError('cancelled', 'the deletions were not confirmed');
}

function guardQuestion({ details: { deletions } }: PalmtreeError): string {
  const { direction = 'push', missingFolders = [], vanishedPaths = [] } = deletions ?? {};
  if (missingFolders.length === 0 && vanishedPaths.length > 0) {
    return vscode.l10n.t(
      'If it was moved out of this folder or renamed and edited, track it under its new name, or move it back.',
    );
  }
  return direction === 'push' || missingFolders.length > 0
    ? vscode.l10n.t('Is a disk not mounted, or was the folder emptied by mistake?')
    : vscode.l10n.t('Was the tree emptied by mistake on another machine? A backup keeps the files deleted here.');
}

function guardHeading(direction: 'push' | 'pull', hasEmptied: boolean): string {
  if (direction === 'push') {
    return hasEmptied
      ? vscode.l10n.t('Will be deleted or emptied on the server')
      : vscode.l10n.t('Will be deleted on the server');
  }
  return hasEmptied ? vscode.l10n.t('Will be deleted or emptied here') : vscode.l10n.t('Will be deleted here');
}

function guardAction({ details: { deletions } }: PalmtreeError): string {
  const { direction = 'push', deletes = 0, emptied = 0 } = deletions ?? {};
  const [deleting, emptying] = [formatNumber(deletes), formatNumber(emptied)];
  if (direction === 'push') {
    if (deletes > 0 && emptied > 0) return vscode.l10n.t('Delete {0} and Empty {1} on the Server', deleting, emptying);
    if (deletes > 0) return vscode.l10n.t('Delete {0} on the Server', deleting);
    return emptied > 0 ? vscode.l10n.t('Empty {0} on the Server', emptying) : vscode.l10n.t('Push Anyway');
  }
  if (deletes > 0 && emptied > 0) return vscode.l10n.t('Delete {0} and Empty {1} Here', deleting, emptying);
  if (deletes > 0) return vscode.l10n.t('Delete {0} Here', deleting);
  return emptied > 0 ? vscode.l10n.t('Empty {0} Here', emptying) : vscode.l10n.t('Pull Anyway');
}
