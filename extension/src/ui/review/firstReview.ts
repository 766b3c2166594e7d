import type { Plan, PlanDirection } from '../../sync/review/plan';
import type { CallOptions, CommandDeps } from '../workspace/callOptions';
import { conflictsIn, planRows } from './planChoice';
import { noteFor } from './planMessages';
import { makePlan } from './makePlan';
import { setting } from '../shared/settings';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** What came of asking whether the plan is to be looked at before anything moves. */
export interface FirstReview {
  /** The plan is shown: the command is not to go on. */
  readonly isShown: boolean;
  /** What the command may move: nothing where the plan was empty, since what came up later was not seen. */
  readonly limit: { readonly only?: ReadonlySet<string> };
  /** After a push that the server refused for what is newer there; true when the plan is shown. */
  afterStaleBase(): Promise<boolean>;
}

/** Follows `palmtree.reviewBefore`. Code that passes options is asked nothing and shown nothing. */
export async function firstReview(
  parts: CommandDeps,
  owner: SyncedFolder,
  direction: PlanDirection,
  options: CallOptions | undefined,
  kept: { readonly message?: string } = {},
): Promise<FirstReview> {
  const when = options === undefined ? setting('reviewBefore', owner.folder.uri) : 'never';
  const show = async (plan: Plan): Promise<void> => {
    const rest = [...planRows(plan)].filter((row) => row.direction !== undefined).length;
    const note = noteFor(direction, { conflicts: conflictsIn(plan), rest });
    await parts.review.show({ ...kept, owner, plan, note });
  };
  const showIfConflicts = async (): Promise<boolean> => {
    const plan = await makePlan(owner, 'sync', options);
    if (conflictsIn(plan) === 0) return false;
    await show(plan);
    return true;
  };
  const goOn = { isShown: false, limit: {}, afterStaleBase: () => Promise.resolve(false) };
  if (when === 'never') return goOn;
  if (when === 'conflicts') {
    // A push asks the server anyway, so that one without conflicts is as quick as ever.
    if (direction === 'push' && owner.sync.state.counts.conflicts === 0) {
      return { ...goOn, afterStaleBase: showIfConflicts };
    }
    return { ...goOn, isShown: await showIfConflicts() };
  }
  const plan = await makePlan(owner, direction, options);
  if (plan.folders.length + plan.rows.length === 0) return { ...goOn, limit: { only: new Set() } };
  await show(plan);
  return { ...goOn, isShown: true };
}
