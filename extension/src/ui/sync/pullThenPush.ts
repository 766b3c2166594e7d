import * as vscode from 'vscode';
import { isPalmtreeError } from '../../errors';
import { pullSummary } from '../../messages/transferSummaries';
import type { PullOptions, PullResult } from '../../sync/pull/pull';
import type { PushOptions, PushResult } from '../../sync/push/push';
import type { CallOptions } from '../workspace/callOptions';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { bothPulls, pullUnshown, pushUnshown } from './runs';
import { isIncluded, showRun, type TransferDeps } from './showRun';

/** Others may push between the pull and the push; then both run again. */
const maxRounds = 3;

export interface SyncResult {
  readonly pull: PullResult;
  /** Undefined if the pull left something for the user to decide or check. */
  readonly push: PushResult | undefined;
}

export interface SyncOptions {
  readonly pull?: PullOptions;
  readonly push?: PushOptions;
  /** The user has seen the conflicts and pushes the rest. */
  readonly isReviewed?: boolean;
}

/**
 * Pulls, then pushes. Invariant: nothing is pushed while the user has to check a merge or a skipped file, or has not seen
 * a conflict. A file in conflict is never pushed.
 */
export async function pullThenPush(
  deps: TransferDeps,
  owner: SyncedFolder,
  options: CallOptions | undefined,
  syncOptions: SyncOptions = {},
): Promise<SyncResult> {
  const { pull: pullOptions = {}, push: pushOptions } = syncOptions;
  const again = (): Promise<unknown> => pullThenPush(deps, owner, undefined, syncOptions);
  let earlier: PullResult | undefined;
  for (let round = 1; ; round++) {
    const run = await pullUnshown(deps, owner, options, pullOptions);
    const result = earlier === undefined ? run.result : bothPulls(earlier, run.result);
    earlier = result;
    const pull = { result, text: pullSummary(result) };
    if (needsUser(result, syncOptions)) {
      const text = vscode.l10n.t('{0}; nothing was pushed', pull.text);
      showRun(deps, owner, options, { pull, pullOptions, text, again });
      return { pull: result, push: undefined };
    }
    try {
      const push = await pushUnshown(deps, owner, options, pushOptions);
      showRun(deps, owner, options, { pull, pullOptions, push, again });
      return { pull: result, push: push.result };
    } catch (error) {
      if (isPalmtreeError(error, 'stale_base') && round < maxRounds) continue;
      // The error is about the push. The pull has changed files all the same.
      if (result.undo.length > 0) showRun(deps, owner, options, { pull, pullOptions, again });
      throw error;
    }
  }
}

/** A conflict elsewhere does not keep the picked files from being pushed. */
function needsUser({ conflicts, skipped, merged }: PullResult, { isReviewed = false, pull }: SyncOptions): boolean {
  const unseen = isReviewed ? [] : conflicts.filter((path) => isIncluded(path, pull));
  return unseen.length + skipped.length + merged.length > 0;
}
