import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { Plan, PlanDirection } from '../../sync/review/plan';
import { callOptions, targetFolder, type CommandDeps } from '../workspace/callOptions';
import { offerToSave } from '../sync/confirmations';
import { planRows } from './planChoice';
import { makePlan } from './makePlan';
import type { Review } from './reviewView';
import { pullThenPush } from '../sync/pullThenPush';
import { runPull, runPush, notifyInStatusBar } from '../sync/runs';

/** Shows what a push and a pull would do; both sides stay as they are. */
export async function review(parts: CommandDeps, given: unknown): Promise<Plan | undefined> {
  const options = callOptions(given);
  const owner = await targetFolder(parts, given);
  const plan = await makePlan(owner, 'sync', options);
  if (plan.folders.length + plan.rows.length > 0) await parts.review.show({ owner, plan });
  else {
    await parts.review.close();
    notifyInStatusBar(`nothing to review, in step at revision ${plan.revision}`);
  }
  // VS Code sends a command's answer to its window, which cannot take big integers.
  return options === undefined ? undefined : plan;
}

/** Makes the plan anew; what was left out stays so. */
export async function refreshReview(parts: CommandDeps): Promise<void> {
  const { note: _seen, ...before } = shownReview(parts);
  await parts.review.show({ ...before, plan: await makePlan(before.owner, before.plan.direction, undefined) });
}

/** Moves what is checked in the plan, and nothing that has come up since it was made. */
export async function moveChecked(parts: CommandDeps, direction: PlanDirection): Promise<void> {
  const shown = shownReview(parts);
  if (direction !== 'pull') await offerToSave(shown.owner, direction === 'push' ? 'Push' : 'Sync');
  const isPushed = await move(parts, shown, direction);
  await closeOrRefresh(parts, shown, isPushed ? undefined : shown.message);
}

/** True when something was pushed. */
async function move(
  parts: CommandDeps,
  { owner, plan, choice, message }: Review,
  direction: PlanDirection,
): Promise<boolean> {
  const now = await makePlan(owner, plan.direction, undefined);
  const push = { only: choice.paths(plan, now, 'push'), ...(message === undefined ? {} : { message }) };
  const pull = { only: choice.paths(plan, now, 'pull') };
  if (direction === 'sync') {
    const { push: pushed } = await pullThenPush(parts, owner, undefined, { pull, push, isReviewed: true });
    return pushed !== undefined;
  }
  if (direction === 'pull') {
    const { text } = await runPull(parts, owner, undefined, pull);
    notifyInStatusBar(text);
    return false;
  }
  const { text } = await runPush(parts, owner, undefined, push).catch(async (error: unknown) => {
    if (!isPalmtreeError(error, 'stale_base')) throw error;
    // What is new on the server is known now and stays there, so that what is checked can go.
    await runPull(parts, owner, {}, { only: new Set() });
    return runPush(parts, owner, undefined, push);
  });
  notifyInStatusBar(text);
  return true;
}

/** The view stays as long as it has something checked that can move. What the user has closed meanwhile stays closed. */
async function closeOrRefresh(parts: CommandDeps, shown: Review, message: string | undefined): Promise<void> {
  if (parts.review.current !== shown) return;
  const plan = await makePlan(shown.owner, shown.plan.direction, undefined);
  const isDone = [...planRows(plan)].every((row) => row.direction === undefined || !shown.choice.isTaken(row));
  if (isDone) await parts.review.close();
  else await parts.review.show({ owner: shown.owner, plan, ...(message === undefined ? {} : { message }) });
}

function shownReview({ review: { current } }: CommandDeps): Review {
  if (current === undefined) throw new PalmtreeError('cancelled', 'no plan is shown');
  return current;
}
