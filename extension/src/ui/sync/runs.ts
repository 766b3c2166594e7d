import * as vscode from 'vscode';
import { isPalmtreeError } from '../../errors';
import type { Skipped } from '../../io/apply/transition';
import type { PullOptions, PullResult } from '../../sync/pull/pull';
import type { PushOptions, PushResult } from '../../sync/push/push';
import type { SyncState } from '../../sync/ports/syncState';
import type { CallOptions, CommandDeps } from '../workspace/callOptions';
import { confirmDeletions, confirmNewTree, saveFiles, unsavedPaths } from './confirmations';
import { plural } from '../shared/format';
import { notifySkippedFolders } from './skippedFolders';
import { commandIds } from '../shared/ids';
import { showError, withProgress } from '../shared/notify';
import { setting } from '../shared/settings';
import { skippedMessage } from '../shared/skippedMessages';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Pushes, asking what has to be asked; what came of it is for the caller to tell. */
export async function runPush(
  parts: CommandDeps,
  owner: SyncedFolder,
  options: CallOptions | undefined,
  pushOptions: PushOptions = {},
): Promise<{ readonly result: PushResult; readonly text: string }> {
  const { folder, sync } = owner;
  const run = (confirmed: boolean) =>
    withProgress('Palmtree: Push', (reporter) => sync.push(reporter, { ...pushOptions, confirmed }));
  const result = await withQuestions(run, owner, options);
  const text = pushSummary(result, sync.state);
  parts.log.info(`${folder.name}: ${text}`);
  return { result, text };
}

/** Pulls, asking what has to be asked, and tells of what was left as it is. */
export async function runPull(
  parts: CommandDeps,
  owner: SyncedFolder,
  options: CallOptions | undefined,
  pullOptions: PullOptions = {},
): Promise<{ readonly result: PullResult; readonly text: string }> {
  const { folder, sync } = owner;
  const unmerged = parts.merges.pathsIn(owner);
  const run = (confirmed: boolean) =>
    withProgress('Palmtree: Pull', (reporter) => {
      // Asked for each file when its turn comes: a pull may take long enough to type something.
      const hasUnsavedEdits = (path: string): boolean => unmerged.has(path) || unsavedPaths(folder).has(path);
      const autoMerge = setting('autoMerge', folder.uri);
      return sync.pull(reporter, { ...pullOptions, autoMerge, unmerged, confirmed, hasUnsavedEdits });
    });
  const result = withMergeReasons(await withQuestions(run, owner, options), unmerged);
  const text = pullSummary(result);
  parts.log.info(`${folder.name}: ${text}`);
  for (const held of result.skipped) parts.log.warn(`${folder.name}: ${held.path} ${skippedMessage(held)}`);
  if (result.backup !== undefined) parts.log.info(`what it replaced or deleted is kept in ${result.backup}`);
  if (options === undefined) void notifySkippedFolders(owner, result.skippedFolders);
  // Whoever picked paths has seen the conflicts in the plan.
  const conflicts = pullOptions.only === undefined ? result.conflicts : [];
  const isUntold = options === undefined && conflicts.length + result.skipped.length > 0;
  const again = () => runPull(parts, owner, options, pullOptions);
  if (isUntold) void notifySkipped(parts, owner, { conflicts, skipped: result.skipped }, again);
  else if (options === undefined && result.merged.length > 0) void notifyMerged(owner, result);
  return { result, text };
}

function withMergeReasons(result: PullResult, merging: ReadonlySet<string>): PullResult {
  const skipped = result.skipped.map((held): Skipped => {
    return held.reason === 'unsaved' && merging.has(held.path) ? { ...held, reason: 'merging' } : held;
  });
  return { ...result, skipped };
}

export function notifyInStatusBar(text: string): void {
  void vscode.window.setStatusBarMessage(`Palmtree: ${text}`, 5_000);
}

/** Runs a push or pull, and again when the user has answered what stopped it. */
export async function withQuestions<T>(
  run: (confirmed: boolean) => Promise<T>,
  { folder, sync }: SyncedFolder,
  options: CallOptions | undefined,
): Promise<T> {
  let confirmed = options?.confirmed === true;
  for (;;) {
    try {
      return await run(confirmed);
    } catch (error) {
      if (options !== undefined) throw error;
      if (isPalmtreeError(error, 'deletion_guard') && !confirmed) {
        await confirmDeletions(error, folder);
        confirmed = true;
      } else if (isPalmtreeError(error, 'tree_not_found')) {
        await confirmNewTree(sync.state);
        await sync.makeTree();
      } else throw error;
    }
  }
}

async function notifySkipped(
  parts: CommandDeps,
  { folder }: SyncedFolder,
  { conflicts, skipped }: Pick<PullResult, 'conflicts' | 'skipped'>,
  again: () => Promise<unknown>,
): Promise<void> {
  const [first] = skipped;
  const unsaved = skipped.flatMap(({ path, reason }) => (reason === 'unsaved' ? [path] : []));
  const sentences = [
    conflicts.length > 0
      ? `${named(conflicts)} changed here and on the server: neither version was touched. Compare, then decide in the Palmtree view.`
      : '',
    skipped.length > 0
      ? `${plural(skipped.length, 'file')} held back: ${first?.path} ${first === undefined ? '' : skippedMessage(first)}.`
      : '',
  ];
  const show = 'Show Files';
  const text = `Palmtree: ${sentences.filter((sentence) => sentence !== '').join(' ')}`;
  const save = 'Save and Pull';
  const actions = unsaved.length > 0 ? [save, show] : [show];
  const picked = await vscode.window.showWarningMessage(text, ...actions, 'Show Log');
  if (picked === show) await vscode.commands.executeCommand(commandIds.showConflicts, folder.uri);
  else if (picked === save) {
    if (await saveFiles(folder, unsaved)) await again().catch((error: unknown) => showError(error, parts.log));
  } else if (picked !== undefined) parts.log.show();
}

/** What came of a merge was written by nobody: it is to be looked at before it goes on. */
export async function notifyMerged({ folder }: SyncedFolder, { merged }: Pick<PullResult, 'merged'>): Promise<void> {
  const isOne = merged.length === 1;
  const look = isOne ? 'The result is here. Look at it, then push.' : 'The results are here. Look at them, then push.';
  const text = `Palmtree: ${named(merged)} changed on both sides and ${isOne ? 'was' : 'were'} merged. ${look}`;
  const review = 'Review Changes';
  const picked = await vscode.window.showInformationMessage(text, review);
  if (picked === review) await vscode.commands.executeCommand(commandIds.review, folder.uri);
}

function named(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).join(', ');
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}

export function pushSummary({ revision, put, deleted }: PushResult, { counts }: SyncState): string {
  const parts = [
    put > 0 ? `pushed ${plural(put, 'file')}` : '',
    deleted > 0 ? `deleted ${deleted}` : '',
    put + deleted === 0 ? 'nothing to push' : '',
    counts.conflicts > 0 ? `${plural(counts.conflicts, 'conflict')} left out` : '',
    counts.problems > 0 ? `${plural(counts.problems, 'problem')} left out` : '',
  ];
  return `${parts.filter((part) => part !== '').join(', ')}, revision ${revision}`;
}

function pullSummary({ revision, written, deleted, merged, conflicts, skipped }: PullResult): string {
  const touched = written + deleted + merged.length + conflicts.length + skipped.length;
  if (touched === 0) return `nothing to pull, revision ${revision}`;
  const parts = [
    written > 0 ? `pulled ${plural(written, 'file')}` : '',
    deleted > 0 ? `deleted ${deleted}` : '',
    merged.length > 0 ? `merged ${plural(merged.length, 'file')}` : '',
    conflicts.length > 0 ? plural(conflicts.length, 'conflict') : '',
    skipped.length > 0 ? `${skipped.length} held back` : '',
  ];
  return `${parts.filter((part) => part !== '').join(', ')}, revision ${revision}`;
}
