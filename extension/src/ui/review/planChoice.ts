import type { Plan, PlanRow } from '../../sync/review/plan';
import { rowsBelow, type PlanNode } from './planNodes';

/** Which paths of a plan go along. All do at first; what was left out stays so when the plan is made anew. */
export class PlanChoice {
  readonly #leftOut = new Set<string>();

  isTaken(row: PlanRow): boolean {
    return !this.#leftOut.has(key(row));
  }

  set(node: PlanNode, isTaken: boolean): void {
    for (const row of rowsBelow(node)) {
      if (isTaken) this.#leftOut.delete(key(row));
      else this.#leftOut.add(key(row));
    }
  }

  count(node: PlanNode): { readonly taken: number; readonly all: number } {
    let taken = 0;
    let all = 0;
    for (const row of rowsBelow(node)) {
      all++;
      if (this.isTaken(row)) taken++;
    }
    return { taken, all };
  }

  /**
   * The paths that go in this direction; a rename takes the path it leaves along.
   * Invariant: what would be done by `now` is what was reviewed: an edit that has become a deletion is left out.
   */
  paths(reviewed: Plan, now: Plan, direction: 'push' | 'pull'): ReadonlySet<string> {
    const paths = new Set<string>();
    const known = new Map([...planRows(now)].map((row) => [key(row), row]));
    for (const row of planRows(reviewed)) {
      if (row.direction !== direction || !this.isTaken(row)) continue;
      const same = known.get(key(row));
      if (same?.effect !== row.effect || same.from !== row.from) continue;
      paths.add(row.path);
      if (row.from !== undefined) paths.add(row.from);
    }
    return paths;
  }
}

/** Every row, those of renamed folders too. */
export function* planRows(plan: Plan): Generator<PlanRow> {
  for (const { rows } of plan.folders) yield* rows;
  yield* plan.rows;
}

export function conflictsIn(plan: Plan): number {
  return plan.rows.filter(({ effect }) => effect === 'conflict').length;
}

export function hasRowsFor(plan: Plan, direction: 'push' | 'pull'): boolean {
  for (const row of planRows(plan)) if (row.direction === direction) return true;
  return false;
}

function key({ direction, path }: PlanRow): string {
  return `${direction}/${path}`;
}
