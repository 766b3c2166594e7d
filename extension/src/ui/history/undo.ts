import * as vscode from 'vscode';
import type { PathDifference } from '../../../../server/src/contract/history';
import { PalmtreeError } from '../../errors';
import type { PullRecord } from '../../sync/pull/pullRecord';
import { confirm } from '../shared/confirm';
import { formatNumber, relativeTime } from '../shared/format';
import { commandIds } from '../shared/ids';
import { showResult } from '../shared/notify';
import { pathSection } from '../shared/pathList';
import { repeatable } from '../shared/repeatable';
import { skippedMessage } from '../shared/skippedMessages';
import { changedSinceMessage } from '../shared/undoMessages';
import { withProgress } from '../shared/withProgress';
import { callOptions, isConnected, targetFolder } from '../workspace/callOptions';
import { unsavedPaths } from '../workspace/unsavedFiles';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { pickRevision } from './historyPicks';
import type { HistoryDeps } from './restore';
import { isRevisionRow } from './treeRows';

/** Undoes a push with a new revision, which the next pull brings here. */
export async function undoPush({ folders, log }: HistoryDeps, argument: unknown): Promise<unknown> {
  const options = callOptions(argument);
  const isRow = isRevisionRow(argument);
  const owner = isRow ? argument.owner : await targetFolder(folders, argument, isConnected);
  const revision = isRow
    ? argument.revision.number
    : (options?.revision ?? (await pickRevision(owner, vscode.l10n.t('Select a push to undo'))).number);
  const result = await repeatable(async () => {
    if (options?.confirmed !== true) await confirmUndoPush(owner, revision);
    return withProgress(vscode.l10n.t('Palmtree: Undo Push'), (reporter) => owner.sync.undoPush(reporter, revision));
  });
  log.info(`${owner.folder.name}: revision ${result.revision} undoes revision ${revision}`);
  if (options !== undefined) return result;
  const undone = vscode.l10n.t('Push r{0} undone (new revision {1}).', revision, result.revision);
  const next = vscode.l10n.t('Pull to update this folder.');
  const text = [undone, changedSinceMessage(result.changedSince), next].filter((part) => part !== '').join(' ');
  const pull = vscode.l10n.t('Pull');
  const picked = await vscode.window.showInformationMessage(`Palmtree: ${text}`, pull);
  if (picked === pull) await vscode.commands.executeCommand(commandIds.pull, owner.folder.uri);
  return result;
}

export async function undoPull({ folders, log }: HistoryDeps, argument: unknown): Promise<unknown> {
  const options = callOptions(argument);
  const { folder, sync } = await targetFolder(folders, argument);
  const pulled = await sync.lastPull();
  if (pulled === undefined) throw new PalmtreeError('nothing_to_undo', 'no pull is on record');
  if (options?.confirmed !== true) await confirmUndoPull(pulled);
  const result = await withProgress(vscode.l10n.t('Palmtree: Undo Last Pull'), (reporter) =>
    sync.undoPull(reporter, { only: pulled.backup, hasUnsavedEdits: (path) => unsavedPaths(folder).has(path) }),
  );
  const undone = result.restored.length + result.removed.length;
  const [first] = result.skipped;
  const parts = [
    undone === 1
      ? vscode.l10n.t('1 file is as it was before the pull of revision {0}.', result.revision)
      : vscode.l10n.t(
          '{0} files are as they were before the pull of revision {1}.',
          formatNumber(undone),
          result.revision,
        ),
    changedSinceMessage(result.changedSince),
    first === undefined ? '' : skippedMessage(first),
  ].filter((part) => part !== '');
  showResult(log, folder, parts.join(' '), parts.length > 1 && options === undefined);
  return result;
}

async function confirmUndoPull({ revision, at, changes }: PullRecord): Promise<void> {
  const added = changes.filter(({ from }) => from === undefined).map(({ path }) => path);
  const others = changes.filter(({ from }) => from !== undefined).map(({ path }) => path);
  const message =
    changes.length === 1
      ? vscode.l10n.t('Undo the last pull (1 file)?')
      : vscode.l10n.t('Undo the last pull ({0} files)?', formatNumber(changes.length));
  const detail = [
    vscode.l10n.t('It pulled revision {0}, {1}.', revision, relativeTime(new Date(at), new Date())),
    pathSection(vscode.l10n.t('Will be restored here'), others),
    pathSection(vscode.l10n.t('Will be deleted here'), added),
    vscode.l10n.t('Files that changed since are left alone. The server is not changed.'),
  ].filter((part) => part !== '');
  await confirm(message, detail.join('\n\n'), vscode.l10n.t('Undo Pull'));
}

async function confirmUndoPush({ sync }: SyncedFolder, revision: number): Promise<void> {
  const { changes, revision: push } = await sync.history.revisionDetail(revision);
  const pathsOf = (predicate: (change: PathDifference) => boolean): string[] =>
    changes.filter(predicate).map(({ path }) => path);
  const message =
    changes.length === 1
      ? vscode.l10n.t('Undo push r{0} by {1} (1 file)?', revision, push.author)
      : vscode.l10n.t('Undo push r{0} by {1} ({2} files)?', revision, push.author, formatNumber(changes.length));
  const detail = [
    pathSection(
      vscode.l10n.t('Reverted'),
      pathsOf(({ before, after }) => before !== null && after !== null),
    ),
    pathSection(
      vscode.l10n.t('Restored'),
      pathsOf(({ after }) => after === null),
    ),
    pathSection(
      vscode.l10n.t('Deleted'),
      pathsOf(({ before }) => before === null),
    ),
    vscode.l10n.t(
      'This creates a new revision on the server. Files that changed since are left alone. Your files here change with the next pull.',
    ),
  ].filter((part) => part !== '');
  await confirm(message, detail.join('\n\n'), vscode.l10n.t('Undo Push'));
}
