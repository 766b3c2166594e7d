import { isPalmtreeError } from '../../errors';
import type { PullOptions, PullResult } from '../../sync/pull/pull';
import type { PushOptions, PushResult } from '../../sync/push/push';
import type { CallOptions, CommandDeps } from '../workspace/callOptions';
import { runPull, runPush, notifyInStatusBar } from './runs';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Others may push between our pull and our push; so many rounds are made. */
const maxRounds = 3;

export interface SyncResult {
  readonly pull: PullResult;
  /** Undefined when the pull left something to decide or to look at. */
  readonly push: PushResult | undefined;
}

export interface SyncMoves {
  readonly pull?: PullOptions;
  readonly push?: PushOptions;
  /** The user has seen the conflicts, and sends the rest. */
  readonly isReviewed?: boolean;
}

/**
 * Pulls, then pushes. Invariant: nothing is pushed while a merge or a file held back waits for the user, or a
 * conflict that the user has not seen; what is in conflict itself is never pushed.
 */
export async function pullThenPush(
  parts: CommandDeps,
  owner: SyncedFolder,
  options: CallOptions | undefined,
  moves: SyncMoves = {},
): Promise<SyncResult> {
  for (let round = 1; ; round++) {
    const pulled = await runPull(parts, owner, options, moves.pull);
    if (needsUser(pulled.result, moves)) {
      notifyInStatusBar(`${pulled.text}; nothing was pushed`);
      return { pull: pulled.result, push: undefined };
    }
    try {
      const pushed = await runPush(parts, owner, options, moves.push);
      const { put, deleted } = pushed.result;
      const texts = [
        ...(pulled.result.written + pulled.result.deleted > 0 ? [pulled.text] : []),
        ...(put + deleted > 0 ? [pushed.text] : []),
      ];
      notifyInStatusBar(texts.join('; ') || `nothing to pull or push, revision ${pushed.result.revision}`);
      return { pull: pulled.result, push: pushed.result };
    } catch (error) {
      if (!isPalmtreeError(error, 'stale_base') || round === maxRounds) throw error;
    }
  }
}

function needsUser({ conflicts, skipped, merged }: PullResult, { isReviewed = false }: SyncMoves): boolean {
  return (isReviewed ? 0 : conflicts.length) + skipped.length + merged.length > 0;
}
