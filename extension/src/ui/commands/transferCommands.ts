import * as vscode from 'vscode';
import { maxPushMessage } from '../../../../server/src/contract/schemas';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { PullResult } from '../../sync/pull/pull';
import type { ForceAnswer } from '../../sync/push/forcePush';
import type { PushResult } from '../../sync/push/push';
import type { ReviewDeps } from '../review/commands';
import { reviewBefore } from '../review/reviewBefore';
import { askInBox, back, InvalidAnswer } from '../connect/textBox';
import { formatNumber } from '../../messages/format';
import { showNotification } from '../shared/notification';
import { repeatable } from '../shared/repeatable';
import { withProgress } from '../shared/withProgress';
import type { OnServerDeps } from '../onServer/commands';
import { choosesFiles } from '../onServer/firstPull';
import type { SourceControls } from '../scm/sourceControls';
import { confirmForce } from '../sync/confirmations';
import { pullThenPush, type SyncResult } from '../sync/pullThenPush';
import { runPull, runPush } from '../sync/runs';
import { showRun } from '../sync/showRun';
import { pushSummary } from '../../messages/transferSummaries';
import { callOptions, isConnected, targetFolder, type CallOptions } from '../workspace/callOptions';
import { offerToSave } from '../workspace/unsavedFiles';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Returns undefined if it opened the review instead. */
export async function push(deps: ReviewDeps, argument: unknown, message?: string): Promise<PushResult | undefined> {
  const owner = await targetFolder(deps.folders, argument, isConnected);
  return repeatable(() => pushFolder(deps, owner, callOptions(argument), message));
}

async function pushFolder(
  deps: ReviewDeps,
  owner: SyncedFolder,
  options: CallOptions | undefined,
  message: string | undefined,
): Promise<PushResult | undefined> {
  if (options === undefined) await offerToSave(owner, 'push');
  const withMessage = message === undefined ? {} : { message };
  const review = await reviewBefore(deps.review, owner, 'push', options, withMessage);
  if (review.isShown) return undefined;
  try {
    return (await runPush(deps, owner, options, { ...withMessage, ...review.limit })).result;
  } catch (error) {
    // The rejected push has fetched the server's changes, so that their conflicts are known now.
    if (!isPalmtreeError(error, 'stale_base') || !(await review.afterStaleBase())) throw error;
    return undefined;
  }
}

export async function pushWithMessage(deps: ReviewDeps, argument: unknown): Promise<PushResult | undefined> {
  const options = callOptions(argument);
  const message = options === undefined ? await askForMessage() : (options.message ?? '');
  return push(deps, argument, message.trim() === '' ? undefined : message.trim());
}

/** Pushes with the text in the input box of the folder's source control as the message. */
export async function pushInput(
  deps: ReviewDeps & { readonly controls: SourceControls },
  argument: unknown,
): Promise<PushResult | undefined> {
  const owner = await targetFolder(deps.folders, argument, isConnected);
  const message = deps.controls.messageOf(owner).trim();
  const fault = messageFault(message);
  if (fault !== undefined) {
    void showNotification('warning', `Palmtree: ${fault}`);
    return undefined;
  }
  return push(deps, owner.folder.uri, message === '' ? undefined : message);
}

async function askForMessage(): Promise<string> {
  const typed = await askInBox({
    title: vscode.l10n.t('Palmtree: Push with Message'),
    prompt: vscode.l10n.t("A line for the server's history: what changes, and why."),
    placeholder: vscode.l10n.t('Plan the spring beds'),
    hint: messageFault,
    check: (text) => {
      const fault = messageFault(text);
      if (fault !== undefined) throw new InvalidAnswer(fault);
      return text;
    },
  });
  if (typed === back) throw new PalmtreeError('cancelled', 'there is no step before the message');
  return typed;
}

function messageFault({ length }: string): string | undefined {
  if (length <= maxPushMessage) return undefined;
  return vscode.l10n.t('Use up to {0} characters, not {1}.', formatNumber(maxPushMessage), formatNumber(length));
}

export async function pushForce(deps: ReviewDeps, argument: unknown): Promise<PushResult> {
  const options = callOptions(argument);
  const owner = await targetFolder(deps.folders, argument, isConnected);
  return repeatable(() => forcePushFolder(deps, owner, options));
}

async function forcePushFolder(
  deps: ReviewDeps,
  owner: SyncedFolder,
  options: CallOptions | undefined,
): Promise<PushResult> {
  const { folder, sync } = owner;
  if (options === undefined) await offerToSave(owner, 'pushForce');
  const confirm = options === undefined ? confirmForce : () => Promise.resolve(forceAnswer(options));
  const result = await withProgress(vscode.l10n.t('Palmtree: Push (Force)'), (reporter) =>
    sync.forcePush(reporter, confirm),
  );
  const text = pushSummary(result, sync.state.counts);
  deps.log.info(`${folder.name}: force push: ${text}`);
  showRun(deps, owner, options, { push: { result, text }, again: () => forcePushFolder(deps, owner, undefined) });
  return result;
}

function forceAnswer({ confirmed, marked = [] }: CallOptions): ForceAnswer {
  return confirmed === true && { marked: new Set(marked) };
}

/** Returns undefined if it opened the review, or the choice of files, instead. */
export async function pull(deps: ReviewDeps & OnServerDeps, argument: unknown): Promise<PullResult | undefined> {
  const options = callOptions(argument);
  const owner = await targetFolder(deps.folders, argument, isConnected);
  return repeatable(async () => {
    if (await choosesFiles(deps, owner, options)) return undefined;
    const review = await reviewBefore(deps.review, owner, 'pull', options);
    if (review.isShown) return undefined;
    return (await runPull(deps, owner, options, review.limit)).result;
  });
}

/** Pulls, and asks again about held files, even about those that the user has left out. Code agrees by `confirmed`. */
export async function pullHeld(deps: ReviewDeps, argument: unknown): Promise<PullResult> {
  const options = callOptions(argument);
  const owner = await targetFolder(deps.folders, argument, isConnected);
  return repeatable(async () => {
    await owner.sync.held.reconsider();
    const { result } = await runPull(deps, owner, options);
    if (options?.confirmed === true && result.held.length > 0) {
      await owner.sync.held.decide(result.held, 'pull');
      const approved = new Set(result.held.map(({ path }) => path));
      return (await runPull(deps, owner, options, { approved })).result;
    }
    return result;
  });
}

/** Returns undefined if it opened the review, or the choice of files, instead. */
export async function sync(deps: ReviewDeps & OnServerDeps, argument: unknown): Promise<SyncResult | undefined> {
  const options = callOptions(argument);
  const owner = await targetFolder(deps.folders, argument, isConnected);
  return repeatable(async () => {
    if (await choosesFiles(deps, owner, options)) return undefined;
    if (options === undefined) await offerToSave(owner, 'sync');
    const review = await reviewBefore(deps.review, owner, 'sync', options);
    if (review.isShown) return undefined;
    return pullThenPush(deps, owner, options, { pull: review.limit, push: review.limit });
  });
}
