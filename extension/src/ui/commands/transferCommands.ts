import * as vscode from 'vscode';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { PullResult } from '../../sync/pull/pull';
import type { PushResult } from '../../sync/push/push';
import { callOptions, targetFolder, type CommandDeps } from '../workspace/callOptions';
import { confirmForce, offerToSave } from '../sync/confirmations';
import { withProgress } from '../shared/notify';
import { firstReview } from '../review/firstReview';
import { pushSummary, runPull, runPush, notifyInStatusBar } from '../sync/runs';
import { pullThenPush, type SyncResult } from '../sync/pullThenPush';

/** As the server takes it. */
const maxMessage = 2_000;

/** Answers undefined when the plan is shown instead: then the user goes on from there. */
export async function push(parts: CommandDeps, given: unknown, message?: string): Promise<PushResult | undefined> {
  const options = callOptions(given);
  const owner = await targetFolder(parts, given);
  if (options === undefined) await offerToSave(owner, 'Push');
  const kept = message === undefined ? {} : { message };
  const review = await firstReview(parts, owner, 'push', options, kept);
  if (review.isShown) return undefined;
  try {
    const { result, text } = await runPush(parts, owner, options, { ...kept, ...review.limit });
    notifyInStatusBar(text);
    return result;
  } catch (error) {
    // Only now is it known that the server has what is not here, and so whether that is in conflict.
    if (!isPalmtreeError(error, 'stale_base') || !(await review.afterStaleBase())) throw error;
    return undefined;
  }
}

export async function pushWithMessage(parts: CommandDeps, given: unknown): Promise<PushResult | undefined> {
  const options = callOptions(given);
  const message = options === undefined ? await askForMessage() : (options.message ?? '');
  return push(parts, given, message.trim() === '' ? undefined : message.trim());
}

async function askForMessage(): Promise<string> {
  const typed = await vscode.window.showInputBox({
    title: 'Palmtree: Push with Message',
    prompt: "A line for the server's history: what changes, and why.",
    placeHolder: 'Plan the spring beds',
    ignoreFocusOut: true,
    validateInput: ({ length }) =>
      length > maxMessage ? `Up to ${maxMessage} characters; these are ${length}.` : undefined,
  });
  if (typed === undefined) throw new PalmtreeError('cancelled', 'no message was given');
  return typed;
}

export async function pushForce(parts: CommandDeps, given: unknown): Promise<PushResult> {
  const options = callOptions(given);
  const owner = await targetFolder(parts, given);
  const { folder, sync } = owner;
  if (options === undefined) await offerToSave(owner, 'Force Push');
  const confirm = options === undefined ? confirmForce : () => Promise.resolve(options.confirmed === true);
  const result = await withProgress('Palmtree: Force Push', (reporter) => sync.forcePush(reporter, confirm));
  const text = pushSummary(result, sync.state);
  parts.log.info(`${folder.name}: force push: ${text}`);
  notifyInStatusBar(text);
  return result;
}

/** Answers undefined when the plan is shown instead. */
export async function pull(parts: CommandDeps, given: unknown): Promise<PullResult | undefined> {
  const options = callOptions(given);
  const owner = await targetFolder(parts, given);
  const review = await firstReview(parts, owner, 'pull', options);
  if (review.isShown) return undefined;
  const { result, text } = await runPull(parts, owner, options, review.limit);
  notifyInStatusBar(text);
  return result;
}

/** Answers undefined when the plan is shown instead. */
export async function sync(parts: CommandDeps, given: unknown): Promise<SyncResult | undefined> {
  const options = callOptions(given);
  const owner = await targetFolder(parts, given);
  if (options === undefined) await offerToSave(owner, 'Sync');
  const review = await firstReview(parts, owner, 'sync', options);
  if (review.isShown) return undefined;
  return pullThenPush(parts, owner, options, { pull: review.limit, push: review.limit });
}
