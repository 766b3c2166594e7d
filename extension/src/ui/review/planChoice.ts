import type { Plan, PlanRow } from '../../sync/review/plan';
import { rowsBelow, type PlanNode } from './planNodes';

/** The selected paths of a plan. All are selected at first; a path that is skipped stays skipped in the next plan. */
export class PlanChoice {
  readonly #unselected = new Set<string>();

  isSelected(row: PlanRow): boolean {
    return !this.#unselected.has(key(row));
  }

  set(node: PlanNode, isSelected: boolean): void {
    for (const row of rowsBelow(node)) {
      if (isSelected) this.#unselected.delete(key(row));
      else this.#unselected.add(key(row));
    }
  }

  count(node: PlanNode): { readonly selected: number; readonly total: number } {
    let selected = 0;
    let total = 0;
    for (const row of rowsBelow(node)) {
      total++;
      if (this.isSelected(row)) selected++;
    }
    return { selected, total };
  }

  /**
   * The selected paths of one direction; for a rename, both its paths.
   * Invariant: `current` has the reviewed effect on them. For example, an edit that has become a deletion is left out.
   */
  paths(reviewed: Plan, current: Plan, direction: 'push' | 'pull'): ReadonlySet<string> {
    const paths = new Set<string>();
    const rows = new Map([...planRows(current)].map((row) => [key(row), row]));
    for (const row of planRows(reviewed)) {
      if (row.direction !== direction || !this.isSelected(row)) continue;
      const same = rows.get(key(row));
      if (same?.effect !== row.effect || same.from !== row.from) continue;
      paths.add(row.path);
      if (row.from !== undefined) paths.add(row.from);
    }
    return paths;
  }
}

/** All rows, including those of renamed folders. */
export function* planRows(plan: Plan): Generator<PlanRow> {
  for (const { rows } of plan.folders) yield* rows;
  yield* plan.rows;
}

export function conflictCount(plan: Plan): number {
  return plan.rows.filter(({ effect }) => effect === 'conflict').length;
}

export function hasRowsFor(plan: Plan, direction: 'push' | 'pull'): boolean {
  for (const row of planRows(plan)) if (row.direction === direction) return true;
  return false;
}

function key({ direction, path }: PlanRow): string {
  return `${direction}/${path}`;
}
