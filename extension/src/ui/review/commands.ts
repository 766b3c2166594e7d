import * as vscode from 'vscode';
import { isPalmtreeError, PalmtreeError } from '../../errors';
import type { Plan, PlanDirection } from '../../sync/review/plan';
import { formatNumber } from '../../messages/format';
import { showInStatusBar } from '../shared/notification';
import { pickOne } from '../shared/quickInput';
import { repeatable } from '../shared/repeatable';
import { pullThenPush } from '../sync/pullThenPush';
import { pullUnshown, runPull, runPush } from '../sync/runs';
import type { TransferDeps } from '../sync/showRun';
import { callOptions, isConnected, targetFolder } from '../workspace/callOptions';
import { offerToSave } from '../workspace/unsavedFiles';
import type { WorkspaceFolders } from '../workspace/workspaceFolders';
import { makePlan } from './makePlan';
import { planRows, rowCount } from './planChoice';
import { filteredPlan, planFilters } from './planFilter';
import { filterTitles } from './planMessages';
import type { Review } from './review';
import type { ReviewView } from './reviewView';

export interface ReviewDeps extends TransferDeps {
  readonly folders: WorkspaceFolders;
  readonly review: ReviewView;
}

/** Shows what a push and a pull would do. Neither side changes. */
export async function review(deps: ReviewDeps, argument: unknown): Promise<Plan | undefined> {
  const options = callOptions(argument);
  const owner = await targetFolder(deps.folders, argument, isConnected);
  const plan = await makePlan(owner, 'sync', options);
  if (plan.folders.length + plan.rows.length > 0) await deps.review.show({ owner, plan });
  else {
    await deps.review.close();
    showInStatusBar(vscode.l10n.t('nothing to review, up to date with revision {0}', plan.revision));
  }
  // VS Code sends a command's result to its window, which cannot receive bigints.
  return options === undefined ? undefined : plan;
}

/** Makes the plan again. Changes that are not selected stay so. */
export async function refreshReview(deps: ReviewDeps): Promise<void> {
  const { note: _seen, ...current } = currentReview(deps);
  await deps.review.show({ ...current, plan: await makePlan(current.owner, current.plan.direction, undefined) });
}

/** Lets the user pick the kind of changes that the review shows. */
export async function filterReview(deps: ReviewDeps): Promise<void> {
  const { plan, filter } = currentReview(deps);
  const counted = planFilters.map((each) => ({ filter: each, count: rowCount(filteredPlan(plan, each)) }));
  const items = counted
    .filter(({ count }) => count > 0)
    .map((each) => ({
      ...each,
      label: filterTitles[each.filter],
      description: formatNumber(each.count),
      ...(each.filter === filter && { icon: 'check' }),
    }));
  const picked = await pickOne(items, {
    title: vscode.l10n.t('Palmtree: Filter Review'),
    placeHolder: vscode.l10n.t('Select the changes to show. What is hidden is neither pushed nor pulled.'),
  });
  if (picked === undefined) throw new PalmtreeError('cancelled', 'nothing was picked');
  await deps.review.filter(picked.filter);
}

/** Pushes or pulls the selected paths that the filter shows, and no change that came after the plan. */
export async function syncReviewed(deps: ReviewDeps, direction: PlanDirection): Promise<void> {
  const current = currentReview(deps);
  await repeatable(async () => {
    if (direction !== 'pull') await offerToSave(current.owner, direction);
    const isPushed = await transferSelected(deps, current, direction);
    await closeOrRefresh(deps, current, isPushed ? undefined : current.message);
  });
}

/** Returns true if something was pushed. */
async function transferSelected(
  deps: ReviewDeps,
  { owner, plan, shown, choice, message }: Review,
  direction: PlanDirection,
): Promise<boolean> {
  const current = await makePlan(owner, plan.direction, undefined);
  const push = { only: choice.paths(shown, current, 'push'), ...(message === undefined ? {} : { message }) };
  const pull = { only: choice.paths(shown, current, 'pull') };
  if (direction === 'sync') {
    const { push: pushed } = await pullThenPush(deps, owner, undefined, { pull, push, isReviewed: true });
    return pushed !== undefined;
  }
  if (direction === 'pull') {
    await runPull(deps, owner, undefined, pull);
    return false;
  }
  await runPush(deps, owner, undefined, push).catch(async (error: unknown) => {
    if (!isPalmtreeError(error, 'stale_base')) throw error;
    // A pull of no path fetches the server's changes and applies none, so that the selected ones can be pushed.
    await pullUnshown(deps, owner, {}, { only: new Set() });
    return runPush(deps, owner, undefined, push);
  });
  return true;
}

/** Keeps the view open while selected paths are left to sync. If the user closed it meanwhile, it stays closed. */
async function closeOrRefresh(deps: ReviewDeps, shown: Review, message: string | undefined): Promise<void> {
  if (deps.review.current?.plan !== shown.plan) return;
  const plan = await makePlan(shown.owner, shown.plan.direction, undefined);
  const isDone = [...planRows(plan)].every((row) => row.direction === undefined || !shown.choice.isSelected(row));
  if (isDone) await deps.review.close();
  else await deps.review.show({ owner: shown.owner, plan, ...(message === undefined ? {} : { message }) });
}

function currentReview({ review: { current } }: ReviewDeps): Review {
  if (current === undefined) throw new PalmtreeError('cancelled', 'no plan is shown');
  return current;
}
