import type { Change, Conflict } from '../../core/change';
import { sameContent, type FileTable } from '../../core/entry';
import { comparePaths } from '../../core/paths';
import type { Problem } from '../../core/problem';
import { findRenames, type Rename } from '../../core/reconcile/renames';
import { mayMerge, mergedContent, mergeModes } from '../pull/autoMerge';
import { throwIfCancelled } from '../transfer/runTransfer';
import { fetchRemoteChanges } from '../replica/fetchRemoteChanges';
import { sourcesOf, type Sources } from '../content/mergeSources';
import type { Plan, PlanDirection, PlanEffect, PlanFolder, PlanRow } from './plan';
import type { ServerBinding, Reporter } from '../ports/serverBinding';
import { absorbConverged } from '../replica/absorbConverged';
import type { Replica } from '../replica/replica';
import { revertRules, adoptServerRules } from '../replica/serverRules';

export interface PlanOptions {
  /** Shows as merged what a pull would merge. */
  readonly autoMerge?: boolean;
}

/** So many merges are tried for a plan; a pull tries them all. */
const maxTries = 50;

/**
 * What a push, a pull or both would do, with renames shown as such.
 * Invariant: it changes neither side, nor what is tracked; what it learns of both is kept.
 */
export async function makePlan(
  replica: Replica,
  remote: ServerBinding,
  reporter: Reporter,
  direction: PlanDirection,
  options: PlanOptions = {},
): Promise<Plan> {
  reporter.step({ kind: 'fetchingChanges' });
  const news = await fetchRemoteChanges(replica.ancestor, remote, reporter.signal);
  replica.ancestor.reconcileLostCommit();
  const rules = new Map(replica.rules.all);
  let plan: Plan;
  try {
    if (direction !== 'push') await adoptServerRules(replica, news.folders);
    reporter.step({ kind: 'scanning' });
    await replica.scan({ signal: reporter.signal });
    const reconciled = await replica.planner.reconcile('known');
    const { localChanges, remoteChanges, conflicts } = reconciled.plan;
    const sides = [
      direction === 'push' ? none : shown(localChanges, 'pull', replica.local.observations),
      direction === 'pull' ? none : shown(remoteChanges, 'push', replica.ancestor.remote('known')),
    ];
    const sources = sourcesOf(replica, remote, reporter, news.revision);
    const merges = options.autoMerge === true && direction !== 'push';
    const conflictRows = merges
      ? await mergeRows(sources, conflicts, reporter)
      : conflicts.map((conflict) => conflictRow(conflict));
    const rows = [...sides.flatMap((side) => side.rows), ...conflictRows, ...problemRows(reconciled.problems)];
    plan = {
      direction,
      revision: news.revision,
      folders: sides.flatMap(({ folders }) => folders),
      rows: rows.sort((a, b) => comparePaths(a.path, b.path)),
    };
  } finally {
    await revertRules(replica, rules);
  }
  await absorbConverged(replica);
  await replica.save();
  return plan;
}

const none = { folders: [], rows: [] } as const;

function shown(
  changes: readonly Change[],
  direction: 'push' | 'pull',
  standing: FileTable,
): { folders: readonly PlanFolder[]; rows: readonly PlanRow[] } {
  const renames = findRenames(changes, standing.keys());
  const byPath = new Map(changes.map((change) => [change.path, change]));
  const renameRow = ({ from, to }: Rename): PlanRow => ({
    path: to,
    direction,
    effect: 'rename',
    from,
    before: byPath.get(from)?.from,
    after: byPath.get(to)?.to,
  });
  return {
    folders: renames.folders.map(({ from, to, files }) => ({ from, to, direction, rows: files.map(renameRow) })),
    rows: [
      ...renames.files.map(renameRow),
      ...renames.rest.map((change): PlanRow => {
        const { path, from: before, to: after } = change;
        return { path, direction, effect: effectOf(change), before, after };
      }),
    ],
  };
}

function effectOf({ from, to }: Change): PlanEffect {
  if (to === undefined) return 'delete';
  if (from === undefined) return 'add';
  return sameContent(from, to) ? 'mode' : 'modify';
}

/** The conflicts, and those that a pull would merge as such. */
async function mergeRows(sources: Sources, conflicts: readonly Conflict[], reporter: Reporter): Promise<PlanRow[]> {
  const modes = new Map(mergeModes(conflicts).map(({ path, decision }) => [path, decision]));
  const rows: PlanRow[] = [];
  let tries = 0;
  for (const conflict of conflicts) {
    throwIfCancelled(reporter);
    let decision = modes.get(conflict.path);
    if (decision === undefined && mayMerge(conflict) && tries++ < maxTries) {
      decision = (await mergedContent(sources, conflict))?.decision;
    }
    const { path, local } = conflict;
    rows.push(
      decision === undefined
        ? conflictRow(conflict)
        : { path, direction: 'pull', effect: 'merge', before: local, after: decision.localChanges[0]?.to ?? local },
    );
  }
  return rows;
}

function conflictRow({ path, local, remote }: Conflict): PlanRow {
  return { path, direction: undefined, effect: 'conflict', before: local, after: remote };
}

function problemRows(problems: ReadonlyMap<string, Problem>): PlanRow[] {
  return [...problems.values()].map((problem): PlanRow => {
    const { path } = problem;
    return { path, direction: undefined, effect: 'problem', problem, before: undefined, after: undefined };
  });
}
