import type { Entry } from '../../core/entry';
import type { Plan, PlanRow } from '../../sync/review/plan';
import { rowsBelow, type PlanNode } from './planNodes';

/**
 * The selected paths of a plan. All are selected at first; a path that is skipped stays skipped in the next plan, until its
 * change is another one.
 */
export class PlanChoice {
  /** The skipped changes. */
  readonly #unselected = new Map<string, string>();

  isSelected(row: PlanRow): boolean {
    const change = this.#unselected.get(key(row));
    return change === undefined || change !== changeOf(row);
  }

  set(node: PlanNode, isSelected: boolean): void {
    for (const row of rowsBelow(node)) {
      if (isSelected) this.#unselected.delete(key(row));
      else this.#unselected.set(key(row), changeOf(row));
    }
  }

  /** Forgets what was skipped and is not in this plan. */
  adopt(plan: Plan): void {
    const kept = [...planRows(plan)].filter((row) => !this.isSelected(row)).map(key);
    const isKept = new Set(kept);
    for (const skipped of [...this.#unselected.keys()]) {
      // A plan of a push has no rows of a pull.
      const isCovered = plan.direction === 'sync' || skipped.startsWith(`${plan.direction}/`);
      if (isCovered && !isKept.has(skipped)) this.#unselected.delete(skipped);
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

export function rowCount(plan: Plan): number {
  return plan.folders.reduce((sum, { rows }) => sum + rows.length, plan.rows.length);
}

function key({ direction, path }: PlanRow): string {
  return `${direction}/${path}`;
}

/** Other text for each other change of a path. A new mtime alone is no change. */
function changeOf({ effect, from = '', before, after }: PlanRow): string {
  const of = (entry: Entry | undefined): string =>
    entry === undefined ? '' : [entry.kind, entry.hash, entry.mode].join(' ');
  return [effect, from, of(before), of(after)].join('\0');
}
