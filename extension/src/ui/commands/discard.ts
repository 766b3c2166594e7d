import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import type { Skipped } from '../../io/apply/applyState';
import { discardConfirmation } from '../../messages/confirmations';
import { formatNumber, sentences } from '../../messages/format';
import { skippedMessage } from '../../messages/skippedMessages';
import type { DiscardResult } from '../../sync/history/discard';
import { confirm } from '../shared/confirm';
import { showResult } from '../shared/notify';
import { repeatable } from '../shared/repeatable';
import { withProgress } from '../shared/withProgress';
import { callOptions, type CallOptions } from '../workspace/callOptions';
import { notifyWithActions, undoAction } from '../workspace/undoNotice';
import { unsavedPaths } from '../workspace/unsavedFiles';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { selection, type SelectionDeps } from './selectionCommands';

const title = vscode.l10n.t('Palmtree: Discard Local Changes');

/**
 * Takes the picked paths back to the last synced version, after a question, with a backup. Returns the result of the last
 * folder.
 */
export async function discard(deps: SelectionDeps, ...picked: readonly unknown[]): Promise<DiscardResult | undefined> {
  let last: DiscardResult | undefined;
  for (const [owner, paths] of await selection(deps, title, picked)) {
    last = await repeatable(() => discardIn(deps, owner, paths, callOptions(picked[0])));
  }
  return last;
}

async function discardIn(
  { log, merges }: SelectionDeps,
  owner: SyncedFolder,
  paths: readonly string[],
  options: CallOptions | undefined,
): Promise<DiscardResult> {
  const { folder, sync } = owner;
  const merging = merges.pathsIn(owner);
  const hasUnsavedEdits = (path: string): boolean => merging.has(path) || unsavedPaths(folder).has(path);
  const plan = await withProgress(title, (reporter) => sync.planDiscard(reporter, { paths }));
  const all = [...plan.replaced, ...plan.created, ...plan.removed];
  if (options === undefined) {
    const unsaved = new Set(all.filter(hasUnsavedEdits));
    if (unsaved.size === all.length) {
      const left = all.map((path): Skipped => ({ path, reason: merging.has(path) ? 'merging' : 'unsaved' }));
      const nothing: DiscardResult = { discarded: [], skipped: left, backup: '' };
      showResult(log, folder, discardedMessage(nothing), true);
      return nothing;
    }
    const { question, detail } = discardConfirmation(plan, unsaved);
    await confirm(question, detail.join('\n\n'), vscode.l10n.t('Discard'));
  } else if (options.confirmed !== true) throw new PalmtreeError('cancelled', 'a discard needs `confirmed`');
  // Invariant: nothing is discarded that the dialog did not list.
  const request = { paths, only: new Set(all) };
  const result = await withProgress(title, (reporter) => sync.discard(reporter, request, { hasUnsavedEdits }));
  const text = discardedMessage(result);
  log.info(`${folder.name}: ${text}`);
  if (options !== undefined) return result;
  const { discarded, skipped, backup } = result;
  if (discarded.length > 0) void notifyWithActions(log, folder, text, [undoAction(log, owner, [backup])]);
  else showResult(log, folder, text, skipped.length > 0);
  return result;
}

function discardedMessage({ discarded, skipped }: DiscardResult): string {
  const [path = ''] = discarded;
  const [first] = skipped;
  return sentences(
    discarded.length === 1 ? vscode.l10n.t('{0} is back at its last synced version.', path) : '',
    discarded.length > 1
      ? vscode.l10n.t('{0} files are back at their last synced versions.', formatNumber(discarded.length))
      : '',
    first === undefined ? '' : skippedMessage(first),
  );
}
