import * as vscode from 'vscode';
import { bothNames } from '../../core/changedNames';
import { isPalmtreeError } from '../../errors';
import type { Skipped } from '../../io/apply/applyState';
import type { PullOptions, PullResult } from '../../sync/pull/pull';
import type { PushOptions, PushResult } from '../../sync/push/push';
import { mergeSetting } from '../shared/settings';
import { skippedMessage } from '../../messages/skippedMessages';
import { withProgress } from '../shared/withProgress';
import type { CallOptions } from '../workspace/callOptions';
import type { OnUndone } from '../workspace/undoNotice';
import { unsavedPaths } from '../workspace/unsavedFiles';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { askAboutHeld } from './heldQuestion';
import { confirmComparison, confirmDeletions, confirmNewTree } from './confirmations';
import { isIncluded, showRun, type Run, type TransferDeps } from './showRun';
import { pullSummary, pushSummary } from '../../messages/transferSummaries';

/** Pushes, with the necessary confirmations, and shows the result. */
export async function runPush(
  deps: TransferDeps,
  owner: SyncedFolder,
  options: CallOptions | undefined,
  pushOptions: PushOptions = {},
): Promise<Run<PushResult>> {
  const run = await pushUnshown(deps, owner, options, pushOptions);
  showRun(deps, owner, options, { push: run, again: () => runPush(deps, owner, undefined, pushOptions) });
  return run;
}

/** Pushes, with the necessary confirmations. The caller shows the result. */
export async function pushUnshown(
  { log, onPushed }: TransferDeps,
  owner: SyncedFolder,
  options: CallOptions | undefined,
  pushOptions: PushOptions = {},
): Promise<Run<PushResult>> {
  const { folder, sync } = owner;
  const run = ({ confirmed }: Confirmed) =>
    withProgress(vscode.l10n.t('Palmtree: Push'), (reporter) => sync.push(reporter, { ...pushOptions, confirmed }));
  const result = await withConfirmations(run, owner, options, 'push');
  if (result.put + result.deleted > 0) onPushed?.(owner, pushOptions.message);
  const text = pushSummary(result, sync.state.counts);
  log.info(`${folder.name}: ${text}`);
  return { result, text };
}

/** Pulls, with the necessary confirmations, and shows the result. `onUndone` is called when the user has undone the pull. */
export async function runPull(
  deps: TransferDeps,
  owner: SyncedFolder,
  options: CallOptions | undefined,
  pullOptions: PullOptions = {},
  onUndone?: OnUndone,
): Promise<Run<PullResult>> {
  const run = await pullUnshown(deps, owner, options, pullOptions);
  const again = (): Promise<unknown> => runPull(deps, owner, undefined, pullOptions, onUndone);
  showRun(deps, owner, options, { pull: run, pullOptions, onUndone, again });
  return run;
}

/**
 * Pulls, with the necessary confirmations. The caller shows the result. A user is asked about held files once everything else
 * is pulled; code that calls the command finds them in the result.
 */
export async function pullUnshown(
  deps: TransferDeps,
  owner: SyncedFolder,
  options: CallOptions | undefined,
  pullOptions: PullOptions = {},
): Promise<Run<PullResult>> {
  const first = await pullOnce(deps, owner, options, pullOptions);
  const held = first.held.filter(({ path }) => isIncluded(path, pullOptions));
  const isAsked = options === undefined && held.length > 0;
  const answer = isAsked ? await askAboutHeld(owner, held) : undefined;
  if (answer !== undefined) await owner.sync.held.decide(held, answer);
  const approved = new Set(held.map(({ path }) => path));
  const result =
    answer === 'pull' ? bothPulls(first, await pullOnce(deps, owner, options, { ...pullOptions, approved })) : first;
  const text = pullSummary(result);
  logPull(deps, owner, result, text);
  return { result: answer === 'leave' ? { ...result, held: [] } : result, text };
}

/** The result of a pull and of one more after it, as if they were one. */
export function bothPulls(first: PullResult, second: PullResult): PullResult {
  return {
    ...second,
    written: first.written + second.written,
    deleted: first.deleted + second.deleted,
    renamed: first.renamed + second.renamed,
    names: bothNames(first.names, second.names),
    downloadedBytes: first.downloadedBytes + second.downloadedBytes,
    merged: [...first.merged, ...second.merged],
    skippedFolders: [...first.skippedFolders, ...second.skippedFolders],
    excluded: [...(first.excluded ?? []), ...(second.excluded ?? [])],
    backup: second.backup ?? first.backup,
    undo: [...first.undo, ...second.undo],
  };
}

async function pullOnce(
  deps: TransferDeps,
  owner: SyncedFolder,
  options: CallOptions | undefined,
  pullOptions: PullOptions,
): Promise<PullResult> {
  const { folder, sync } = owner;
  const unmerged = deps.merges.pathsIn(owner);
  const run = (agreed: Confirmed) =>
    withProgress(vscode.l10n.t('Palmtree: Pull'), (reporter) => {
      // Called for each file just before it is replaced: the user may type during a long pull.
      const hasUnsavedEdits = (path: string): boolean => unmerged.has(path) || unsavedPaths(folder).has(path);
      const autoMerge = mergeSetting(folder.uri);
      return sync.pull(reporter, { ...pullOptions, autoMerge, unmerged, ...agreed, hasUnsavedEdits });
    });
  return withMergeReasons(await withConfirmations(run, owner, options, 'pull'), unmerged);
}

/** Replaces the reason "unsaved" with "merging" for active merges, which `hasUnsavedEdits` also skips. */
function withMergeReasons(result: PullResult, merging: ReadonlySet<string>): PullResult {
  const skipped = result.skipped.map((one): Skipped =>
    one.reason === 'unsaved' && merging.has(one.path) ? { ...one, reason: 'merging' } : one,
  );
  return { ...result, skipped };
}

function logPull({ log }: TransferDeps, { folder }: SyncedFolder, { skipped, backup }: PullResult, text: string): void {
  log.info(`${folder.name}: ${text}`);
  for (const one of skipped) log.warn(`${folder.name}: ${skippedMessage(one)}`);
  if (backup !== undefined) log.info(`the replaced and deleted files are kept in ${backup}`);
}

/** The agreements of the user, or of code by its options. */
export interface Confirmed {
  /** Continue where the deletion guard would stop; a set: only if the plan removes no other paths. */
  readonly confirmed: boolean | ReadonlySet<string>;
  /** Compare all files anew with a server that no longer has the last synced revision. */
  readonly comparesAnew: boolean;
}

/** Runs a push or pull, and runs it again once the user has confirmed what stopped it. */
export async function withConfirmations<T>(
  run: (confirmed: Confirmed) => Promise<T>,
  owner: SyncedFolder,
  options: CallOptions | undefined,
  direction: 'push' | 'pull',
): Promise<T> {
  const isConfirmed = options?.confirmed === true;
  let agreed: Confirmed = { confirmed: isConfirmed, comparesAnew: isConfirmed };
  for (;;) {
    try {
      return await run(agreed);
    } catch (error) {
      if (options !== undefined) throw error;
      if (isPalmtreeError(error, 'deletion_guard')) {
        // Another plan may be stopped again, when others have pushed in the meantime.
        await confirmDeletions(error, owner.folder);
        agreed = { ...agreed, confirmed: new Set(error.details.paths) };
      } else if (isPalmtreeError(error, 'revision_not_found') && direction === 'pull' && !agreed.comparesAnew) {
        await confirmComparison(owner);
        agreed = { ...agreed, comparesAnew: true };
      } else if (isPalmtreeError(error, 'tree_not_found')) {
        await confirmNewTree(owner);
        await owner.sync.makeTree();
      } else throw error;
    }
  }
}
