import { isPalmtreeError } from '../../errors';
import type { Skipped } from '../../io/apply/applyState';
import { heldLine } from '../../messages/heldMessages';
import { pathSection, quotedPaths } from '../../messages/pathList';
import { excludedMessage } from '../../messages/sharedRulesMessages';
import { baselessMessage } from '../../messages/skippedMessages';
import { pullSummary, pushSummary } from '../../messages/transferSummaries';
import type { PullOptions, PullResult } from '../../sync/pull/pull';
import type { PushOptions, PushResult } from '../../sync/push/push';
import { exitCodes, type ExitCode } from '../terminal/exitCodes';
import type { Output } from '../terminal/output';
import { skippedSentence } from '../terminal/pathSentences';
import { withAgreements } from './agreements';
import type { Invocation } from './invocation';
import { activeMergePaths } from './merges';
import type { OpenFolder } from './openFolder';

/** Pushes, and shows the result. */
export async function runPush(
  invocation: Invocation,
  folder: OpenFolder,
  options: PushOptions = {},
): Promise<{ readonly result: PushResult; readonly exit: ExitCode }> {
  const { sync, reporter } = folder;
  const result = await withAgreements(invocation, folder, ({ confirmed }) =>
    sync.push(reporter, { ...options, confirmed }),
  );
  return { result, exit: showPush(invocation.out, folder, result) };
}

export function showPush(out: Output, { sync }: OpenFolder, result: PushResult): ExitCode {
  const { counts } = sync.state;
  out.result('pushed', { ...result, conflicts: counts.conflicts }, sentence(pushSummary(result, counts)));
  showSkipped(out, result.skipped);
  return exitAfter(counts.conflicts, result.skipped);
}

/** Pulls, and shows the result. */
export async function runPull(
  invocation: Invocation,
  folder: OpenFolder,
  options: PullOptions = {},
): Promise<{ readonly result: PullResult; readonly exit: ExitCode }> {
  const { sync, reporter, autoMerge } = folder;
  const unmerged = await activeMergePaths(folder);
  const hasUnsavedEdits = (path: string): boolean => unmerged.has(path);
  const result = await withAgreements(invocation, folder, (agreed) =>
    sync.pull(reporter, { autoMerge, unmerged, hasUnsavedEdits, ...options, ...agreed }),
  );
  const merging = result.skipped.map((one): Skipped =>
    one.reason === 'unsaved' ? { ...one, reason: 'merging' } : one,
  );
  const shown = { ...result, skipped: merging };
  return { result: shown, exit: showPull(invocation.out, shown) };
}

export function showPull(out: Output, result: PullResult): ExitCode {
  const { merged, conflicts, baseless = [], held, skipped, skippedFolders, backup, excluded = [] } = result;
  out.result('pulled', { ...result, held: held.map(({ path }) => path) }, sentence(pullSummary(result)));
  if (merged.length > 0) out.note(pathSection('Merged, check the results', merged));
  if (conflicts.length > 0) {
    out.note(pathSection('In conflict, both versions are kept', conflicts));
    out.note('"palmtree conflicts" shows them, "palmtree resolve" resolves them.');
  }
  if (baseless.length > 0) out.note(baselessMessage(baseless));
  if (excluded.length > 0) out.note(`${excludedMessage(excluded)} "palmtree status" lists what is excluded.`);
  if (held.length > 0) {
    out.note(pathSection('Held on the server, since others push to this tree', held.map(heldLine)));
    out.note('"palmtree pull --held" pulls them too, "palmtree pull PATH" one of them.');
  }
  if (skippedFolders.length > 0) {
    out.note(`Other local files in ${quotedPaths(skippedFolders)} won't be pushed. "palmtree track" tracks them.`);
  }
  showSkipped(out, skipped);
  if (backup !== undefined && merged.length > 0) out.note(`Your versions from before the merge are kept in ${backup}.`);
  else if (backup !== undefined && out.isVerbose) out.note(`Replaced and deleted files are kept in ${backup}.`);
  return exitAfter(conflicts.length, skipped);
}

/** Others may push between the pull and the push; then both run again. */
const maxRounds = 3;

/**
 * Pulls, then pushes. Invariant: nothing is pushed while the user has to check a merge or a skipped file, or to decide a
 * conflict.
 */
export async function runSync(
  invocation: Invocation,
  folder: OpenFolder,
  message?: string,
): Promise<{ readonly pulled: PullResult; readonly exit: ExitCode; readonly isPushed: boolean }> {
  for (let round = 1; ; round++) {
    const { result: pulled, exit } = await runPull(invocation, folder);
    const { conflicts, skipped, merged } = pulled;
    if (conflicts.length + skipped.length + merged.length > 0) return { pulled, exit, isPushed: false };
    try {
      return { pulled, exit: (await runPush(invocation, folder, { message })).exit, isPushed: true };
    } catch (error) {
      if (!isPalmtreeError(error, 'stale_base') || round === maxRounds) throw error;
    }
  }
}

function showSkipped(out: Output, skipped: readonly Skipped[]): void {
  for (const one of skipped) out.warn(skippedSentence(one), { path: one.path, reason: one.reason });
}

function exitAfter(conflicts: number, skipped: readonly Skipped[]): ExitCode {
  if (conflicts > 0) return exitCodes.conflicts;
  return skipped.length > 0 ? exitCodes.failed : exitCodes.done;
}

/** A summary as a sentence of its own. */
function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
