import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { formatBytes, formatNumber } from '../../messages/format';
import { showModal, showNotification } from '../shared/notification';
import { repeatable } from '../shared/repeatable';
import { setting } from '../shared/settings';
import { withProgress } from '../shared/withProgress';
import { runPull } from '../sync/runs';
import { isConnected, targetFolder, type CallOptions } from '../workspace/callOptions';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { agreedPaths, pullBrought, type OnServerDeps } from './commands';

/**
 * Whether nothing was ever tracked or left out here, so that a pull wants the whole tree. An automatic pull may have moved the
 * folder to a revision without taking any of it.
 */
function isFirst({ sync }: SyncedFolder): boolean {
  return sync.rules.size === 0;
}

/**
 * Before the first pull of a tree with several files, asks whether to pull all of them. Returns true if the user chooses
 * files instead: the pull must stop. Never asks code, nor a user who reviews each pull anyway. Throws cancelled.
 */
export async function choosesFiles(
  { onServer }: Pick<OnServerDeps, 'onServer'>,
  owner: SyncedFolder,
  options: CallOptions | undefined,
): Promise<boolean> {
  const { folder, sync } = owner;
  if (options !== undefined || !isFirst(owner) || setting('reviewBefore', folder.uri) === 'always') return false;
  // The window may not have asked the server yet.
  if (!sync.state.isChecked) await withProgress(vscode.l10n.t('Palmtree: Pull'), (reporter) => sync.rescan(reporter));
  const { files, bytes } = (await sync.serverFiles.folders()).totals('');
  if (files < 2) return false;
  const tree = sync.state.binding?.tree ?? '';
  const question = vscode.l10n.t(
    'Pull all {0} files of "{1}", {2}, to this machine?',
    formatNumber(files),
    tree,
    formatBytes(bytes),
  );
  const detail = vscode.l10n.t(
    'You can also choose. What you leave out stays on the server, and Bring Here in the Server view pulls it later.',
  );
  const all = vscode.l10n.t('Pull All');
  const choose = vscode.l10n.t('Choose Files…');
  const answer = await showModal('information', question, detail, all, choose);
  if (answer === undefined) throw new PalmtreeError('cancelled', 'the first pull was not confirmed');
  if (answer === choose) await onServer.startChoosing(owner);
  return answer === choose;
}

/** Lets the user choose the files of the first pull. Later, the Server view shows what is here and what is not. */
export async function chooseFiles({ folders, onServer }: OnServerDeps, argument: unknown): Promise<void> {
  const owner = await targetFolder(folders, argument, (each) => isConnected(each) && isFirst(each));
  if (isFirst(owner)) await onServer.startChoosing(owner);
  else await onServer.focus();
}

/** Pulls the chosen files, and leaves out the others on this machine. */
export async function pullChosen(deps: OnServerDeps): Promise<void> {
  const { onServer } = deps;
  const owner = onServer.choosing;
  const { chosen, left } = await onServer.chosen();
  if (chosen.length === 0) {
    void showNotification('warning', `Palmtree: ${vscode.l10n.t('Check at least one file or folder to pull.')}`);
    return;
  }
  await repeatable(async () => {
    if (left.length === 0) await runPull(deps, owner, undefined);
    else {
      const agreed = await agreedPaths(owner, chosen, { options: undefined, isWish: false });
      await pullBrought(deps, owner, { ...agreed, leave: left }, undefined);
    }
    await onServer.endChoosing();
  });
}
