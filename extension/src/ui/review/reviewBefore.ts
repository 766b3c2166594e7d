import type { Plan, PlanDirection } from '../../sync/review/plan';
import { setting } from '../shared/settings';
import type { CallOptions } from '../workspace/callOptions';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { makePlan } from './makePlan';
import { conflictCount, planRows } from './planChoice';
import { noteFor } from './planMessages';
import type { ReviewView } from './reviewView';

/** The command stops for an open review, or goes on within limits. */
export interface ReviewOutcome {
  /** The review is open: the command must stop. */
  readonly isShown: boolean;
  /** The paths that the command may sync: none if the plan was empty, since nobody has seen later changes. */
  readonly limit: { readonly only?: ReadonlySet<string> };
  /** To be called after the server rejected the push for newer changes. Returns true if it opened the review. */
  afterStaleBase(): Promise<boolean>;
}

/** Opens the review if `palmtree.reviewBefore` says so; never for code that passes options. */
export async function reviewBefore(
  view: ReviewView,
  owner: SyncedFolder,
  direction: PlanDirection,
  options: CallOptions | undefined,
  push: { readonly message?: string } = {},
): Promise<ReviewOutcome> {
  const when = options === undefined ? setting('reviewBefore', owner.folder.uri) : 'never';
  const show = async (plan: Plan): Promise<void> => {
    const rest = [...planRows(plan)].filter((row) => row.direction !== undefined).length;
    const note = noteFor(direction, { conflicts: conflictCount(plan), rest });
    await view.show({ ...push, owner, plan, note });
  };
  const showIfConflicts = async (): Promise<boolean> => {
    const plan = await makePlan(owner, 'sync', options);
    if (conflictCount(plan) === 0) return false;
    await show(plan);
    return true;
  };
  const notShown = { isShown: false, limit: {}, afterStaleBase: () => Promise.resolve(false) };
  if (when === 'never') return notShown;
  if (when === 'conflicts') {
    // A push asks the server anyway. Without conflicts it is not slowed down by a plan.
    if (direction === 'push' && owner.sync.state.counts.conflicts === 0) {
      return { ...notShown, afterStaleBase: showIfConflicts };
    }
    return { ...notShown, isShown: await showIfConflicts() };
  }
  const plan = await makePlan(owner, direction, options);
  if (plan.folders.length + plan.rows.length === 0) return { ...notShown, limit: { only: new Set() } };
  await show(plan);
  return { ...notShown, isShown: true };
}
