import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import type { PullRecord } from '../../sync/pull/pullRecord';
import { callOptions, targetFolder, type CommandDeps } from '../workspace/callOptions';
import { pathSection, unsavedPaths } from '../sync/confirmations';
import { plural, relativeTime } from '../shared/format';
import { confirm, notifyResult } from '../shared/confirm';
import { pickRevision } from './picks';
import { commandIds } from '../shared/ids';
import { withProgress } from '../shared/notify';
import { isRevisionRow } from './treeRows';
import { skippedMessage } from '../shared/skippedMessages';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** A new revision takes the push back; this folder follows with the next pull. */
export async function undoPush(parts: CommandDeps, row: unknown): Promise<unknown> {
  const options = callOptions(row);
  const owner = isRevisionRow(row) ? row.owner : await targetFolder(parts, row);
  const revision = isRevisionRow(row)
    ? row.revision.number
    : (options?.revision ?? (await pickRevision(owner, 'Undo which push?')).number);
  if (options?.confirmed !== true) await confirmUndoPush(owner, revision);
  const result = await withProgress('Palmtree: Undo Push', (reporter) => owner.sync.undoPush(reporter, revision));
  parts.log.info(`${owner.folder.name}: revision ${result.revision} takes revision ${revision} back`);
  if (options !== undefined) return result;
  const left = skippedText(result.changedSince, 'changed since');
  const text = `Palmtree: Revision ${result.revision} takes revision ${revision} back. ${left}Pull to follow here.`;
  const picked = await vscode.window.showInformationMessage(text, 'Pull');
  if (picked !== undefined) await vscode.commands.executeCommand(commandIds.pull, owner.folder.uri);
  return result;
}

export async function undoPull(parts: CommandDeps, given: unknown): Promise<unknown> {
  const options = callOptions(given);
  const { folder, sync } = await targetFolder(parts, given);
  const pulled = await sync.lastPull();
  if (pulled === undefined) throw new PalmtreeError('nothing_to_undo', 'no pull is on record');
  if (options?.confirmed !== true) await confirmUndoPull(pulled);
  const result = await withProgress('Palmtree: Undo Last Pull', (reporter) =>
    sync.undoPull(reporter, { only: pulled.backup, hasUnsavedEdits: (path) => unsavedPaths(folder).has(path) }),
  );
  const undone = result.restored.length + result.removed.length;
  const [held] = result.skipped;
  const sentences = [
    `${plural(undone, 'file')} put back as before the pull of revision ${result.revision}.`,
    skippedText(result.changedSince, 'changed since').trim(),
    held === undefined ? '' : `${held.path} ${skippedMessage(held)}.`,
  ].filter((sentence) => sentence !== '');
  notifyResult(parts, folder, sentences.join(' '), sentences.length > 1 && options === undefined);
  return result;
}

async function confirmUndoPull({ revision, at, changes }: PullRecord): Promise<void> {
  const added = changes.filter(({ from }) => from === undefined).map(({ path }) => path);
  const others = changes.filter(({ from }) => from !== undefined).map(({ path }) => path);
  const detail = [
    `It ran ${relativeTime(new Date(at), new Date())} and brought revision ${revision}.`,
    pathSection('Put back as before', others),
    pathSection('Removed again', added),
    'What changed here since stays as it is, and so does the server.',
  ].filter((part) => part !== '');
  await confirm(`Undo the last pull, of ${plural(changes.length, 'file')}?`, detail.join('\n\n'), 'Undo Pull');
}

async function confirmUndoPush({ sync }: SyncedFolder, revision: number): Promise<void> {
  const { changes, revision: push } = await sync.revisionDetail(revision);
  const message = `Undo revision ${revision} by ${push.author}, of ${plural(changes.length, 'file')}?`;
  const paths = changes.map(({ path }) => path);
  const detail = `${pathSection('Taken back', paths)}\n\nA new revision is made on the server; what changed since stays as it is. Your files here change with the next pull.`;
  await confirm(message, detail, 'Undo Push');
}

/** Names what an undo left alone, with a space at its end. */
function skippedText(paths: readonly string[], reason: string): string {
  if (paths.length === 0) return '';
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : '';
  return `${paths.slice(0, 3).join(', ')}${more} ${reason} and stays as it is. `;
}
