import * as vscode from 'vscode';
import { isPalmtreeError } from '../../errors';
import type { PullOptions, PullResult } from '../../sync/pull/pull';
import type { PushOptions, PushResult } from '../../sync/push/push';
import { showInStatusBar } from '../shared/notification';
import type { CallOptions } from '../workspace/callOptions';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { runPull, runPush, type TransferDeps } from './runs';

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
  for (let round = 1; ; round++) {
    const pulled = await runPull(deps, owner, options, syncOptions.pull);
    if (needsUser(pulled.result, syncOptions)) {
      showInStatusBar(vscode.l10n.t('{0}; nothing was pushed', pulled.text));
      return { pull: pulled.result, push: undefined };
    }
    try {
      const pushed = await runPush(deps, owner, options, syncOptions.push);
      const { put, deleted, revision } = pushed.result;
      const texts = [
        ...(pulled.result.written + pulled.result.deleted > 0 ? [pulled.text] : []),
        ...(put + deleted > 0 ? [pushed.text] : []),
      ];
      showInStatusBar(texts.join('; ') || vscode.l10n.t('nothing to pull or push, revision {0}', revision));
      return { pull: pulled.result, push: pushed.result };
    } catch (error) {
      if (!isPalmtreeError(error, 'stale_base') || round === maxRounds) throw error;
    }
  }
}

function needsUser({ conflicts, skipped, merged }: PullResult, { isReviewed = false }: SyncOptions): boolean {
  return (isReviewed ? 0 : conflicts.length) + skipped.length + merged.length > 0;
}
