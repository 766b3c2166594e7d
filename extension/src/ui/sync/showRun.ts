import * as vscode from 'vscode';
import { skippedMessage } from '../../messages/skippedMessages';
import type { PullOptions, PullResult } from '../../sync/pull/pull';
import type { PushResult } from '../../sync/push/push';
import { showInStatusBar } from '../shared/notification';
import { showError } from '../shared/notify';
import { repeatable } from '../shared/repeatable';
import type { ActiveMerges } from '../workspace/activeMerges';
import type { CallOptions } from '../workspace/callOptions';
import { notifyWithActions, type OnUndone } from '../workspace/undoNotice';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { doneNotice } from './doneNotice';
import { notifyMerged, notifySkipped, notifySkippedFolders, notifyUnpushed } from './transferNotices';

export interface TransferDeps {
  readonly merges: ActiveMerges;
  readonly log: vscode.LogOutputChannel;
  /** Called after each push that has made a revision, with its message. */
  readonly onPushed?: ((owner: SyncedFolder, message: string | undefined) => void) | undefined;
}

export interface Run<R> {
  readonly result: R;
  /** The result in a few words, for the status bar and the log. */
  readonly text: string;
}

/** A pull, a push, or a pull and the push after it. */
export interface Runs {
  readonly pull?: Run<PullResult>;
  readonly pullOptions?: PullOptions;
  readonly push?: Run<PushResult>;
  /** Called when the pull was undone. */
  readonly onUndone?: OnUndone | undefined;
  /** The text for the status bar, by default that of the runs. */
  readonly text?: string;
  /** Transfers again once the user has mended what left files out. */
  readonly again: () => Promise<unknown>;
}

/**
 * Shows a user what was changed, and whatever needs attention, in one notification; if there is nothing to tell, a few words
 * in the status bar. Code that called the command has the result, so only the status bar shows it.
 */
export function showRun(deps: TransferDeps, owner: SyncedFolder, options: CallOptions | undefined, runs: Runs): void {
  const { pull, push } = runs;
  const text = runs.text ?? runsText(pull?.text, push?.text);
  for (const one of push?.result.skipped ?? []) deps.log.warn(`${owner.folder.name}: ${skippedMessage(one)}`);
  const isNotified = options === undefined && notify(deps, owner, runs);
  if (!isNotified || runs.text !== undefined) showInStatusBar(text);
}

function runsText(pull: string | undefined, push: string | undefined): string {
  return pull === undefined || push === undefined ? (pull ?? push ?? '') : vscode.l10n.t('{0}; {1}', pull, push);
}

/** Returns false if there is nothing to tell. */
function notify(deps: TransferDeps, owner: SyncedFolder, { pull, push, pullOptions, onUndone, again }: Runs): boolean {
  const { log } = deps;
  const results = { ...(pull && { pull: pull.result }), ...(push && { push: push.result }) };
  const done = doneNotice(log, owner, { ...results, onUndone });
  if (pull !== undefined) void notifySkippedFolders(owner, pull.result.skippedFolders);
  const conflicts = (pull?.result.conflicts ?? []).filter((path) => isIncluded(path, pullOptions));
  const { skipped = [], merged = [], baseless = [] } = pull?.result ?? {};
  const unpushed = push?.result.skipped ?? [];
  const repeat = showingErrors(deps, again);
  if (conflicts.length + skipped.length > 0) {
    void notifySkipped(owner, { conflicts, skipped, baseless }, { log, again: repeat, done });
  } else if (unpushed.length > 0) {
    void notifyUnpushed(owner, { skipped: unpushed }, { log, again: repeat, done });
  } else if (merged.length > 0) {
    void notifyMerged(log, owner, { merged }, done);
  } else if (done.text !== '') {
    void notifyWithActions(log, owner.folder, done.text, done.actions);
  } else return false;
  return true;
}

/** Whether the pull was to bring the path. */
export function isIncluded(path: string, { only }: PullOptions = {}): boolean {
  return only?.has(path) !== false;
}

/** Returns a function that calls `run` and shows its error. */
function showingErrors({ log }: TransferDeps, run: () => Promise<unknown>): () => Promise<void> {
  return async () => {
    try {
      await repeatable(run);
    } catch (error) {
      await showError(error, log);
    }
  };
}
