import type { Plan, PlanRow } from '../../sync/review/plan';

/** The changes that the review shows. */
export type PlanFilter = 'all' | 'push' | 'pull' | 'conflicts' | 'deletions';

export const planFilters: readonly PlanFilter[] = ['all', 'push', 'pull', 'conflicts', 'deletions'];

const includes: Readonly<Record<PlanFilter, (row: Pick<PlanRow, 'direction' | 'effect'>) => boolean>> = {
  all: () => true,
  push: ({ direction }) => direction === 'push',
  pull: ({ direction }) => direction === 'pull',
  conflicts: ({ effect }) => effect === 'conflict',
  deletions: ({ effect }) => effect === 'delete',
};

/** The part of a plan that the filter shows, and that the commands of the review act on. */
export function filteredPlan(plan: Plan, filter: PlanFilter): Plan {
  if (filter === 'all') return plan;
  const isShown = includes[filter];
  return {
    ...plan,
    folders: plan.folders.filter(({ direction }) => isShown({ direction, effect: 'rename' })),
    rows: plan.rows.filter(isShown),
  };
}
