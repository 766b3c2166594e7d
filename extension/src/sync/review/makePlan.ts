import { compareNaturally } from '../../core/paths';
import { isMergeable, mergeContents, mergeModes, mergesTexts, type AutoMerge } from '../pull/autoMerge';
import { absorbConverged } from '../replica/absorbConverged';
import { throwIfCancelled, type CommandContext } from '../replica/commandContext';
import { fetchRemoteChanges } from '../replica/fetchRemoteChanges';
import type { Reconciled } from '../replica/planner';
import type { Replica } from '../replica/replica';
import { adoptServerRules, revertRules } from '../replica/serverRules';
import { baseRevisions } from './baseRevisions';
import type { Plan, PlanDirection, PlanRow } from './plan';
import { conflictRow, heldRow, mergeRow, problemRow, rowsOfSide, type PlannedSide } from './planRows';

export interface PlanOptions {
  /** Shows the conflicts that a pull would merge as merges. */
  readonly autoMerge?: AutoMerge | undefined;
  /** As in `PullOptions`. */
  readonly comparesAnew?: boolean | undefined;
}

export interface PlanRequest extends PlanOptions {
  readonly direction: PlanDirection;
}

/** A plan tries to merge at most this many conflicts; a pull tries all. */
const maxMerges = 50;

/**
 * Plans a push, a pull or both, with renames found.
 * Invariant: it changes neither side nor the rules. The scan and the fetched changes are kept.
 */
export async function makePlan(context: CommandContext, request: PlanRequest): Promise<Plan> {
  const { replica, reporter } = context;
  const { direction } = request;
  reporter.step({ kind: 'fetchingChanges' });
  const { revision, folders } = await fetchRemoteChanges(context, { comparesAnew: request.comparesAnew === true });
  replica.ancestor.reconcileLostCommit();
  const rules = new Map(replica.rules.all);
  let plan: Plan;
  try {
    const holds = replica.consent.holds();
    if (direction !== 'push') await adoptServerRules(replica, folders, { holds });
    reporter.step({ kind: 'scanning' });
    await replica.scan({ signal: reporter.signal });
    const reconciled = await replica.planner.reconcile('known', { holds });
    const sides = plannedSides(replica, reconciled, direction);
    const conflicts = await conflictRows(context, { ...request, revision, reconciled });
    const problems = [...reconciled.problems.values()].map(problemRow);
    const held = direction === 'push' ? [] : heldRows(replica, reconciled);
    const rows = [...sides.flatMap((side) => side.rows), ...conflicts, ...problems, ...held];
    plan = {
      direction,
      revision,
      folders: sides.flatMap((side) => side.folders).sort((a, b) => compareNaturally(a.to, b.to)),
      rows: rows.sort((a, b) => compareNaturally(a.path, b.path)),
    };
  } finally {
    await revertRules(replica, rules);
  }
  await absorbConverged(replica);
  await replica.save();
  return plan;
}

function plannedSides({ local, ancestor }: Replica, { plan }: Reconciled, direction: PlanDirection): PlannedSide[] {
  const sides: PlannedSide[] = [];
  if (direction !== 'push') sides.push(rowsOfSide(plan.downloads, 'pull', local.observations));
  if (direction !== 'pull') sides.push(rowsOfSide(plan.uploads, 'push', ancestor.remote('known')));
  return sides;
}

function heldRows({ consent, ancestor }: Replica, { held }: Reconciled): PlanRow[] {
  const remote = ancestor.remote('known');
  return [...held.values()].filter((one) => consent.isUndecided(one)).map((one) => heldRow(one, remote.get(one.path)));
}

async function conflictRows(
  context: CommandContext,
  request: PlanRequest & { readonly revision: number; readonly reconciled: Reconciled },
): Promise<PlanRow[]> {
  const { direction, autoMerge, revision, reconciled } = request;
  const { conflicts } = reconciled.plan;
  const bases = await baseRevisions(context, conflicts);
  if (!mergesTexts(context.replica, autoMerge) || direction === 'push') {
    return conflicts.map((conflict) => conflictRow(conflict, bases.get(conflict.path)));
  }
  const decisions = new Map(mergeModes(conflicts).map(({ path, decision }) => [path, decision]));
  const rows: PlanRow[] = [];
  let tried = 0;
  for (const conflict of conflicts) {
    throwIfCancelled(context);
    let decision = decisions.get(conflict.path);
    if (decision === undefined && isMergeable(conflict) && tried++ < maxMerges) {
      decision = (await mergeContents(context, { conflict, revision }))?.decision;
    }
    const base = bases.get(conflict.path);
    rows.push(
      decision === undefined ? conflictRow(conflict, base) : mergeRow(conflict, base, decision.localChanges[0]?.to),
    );
  }
  return rows;
}
