import { sql } from 'kysely';
import type { Database } from '../database/openDatabase';

/** The revisions of a tree that stay. */
export interface Kept {
  readonly treeId: number;
  /** The head when the policy was applied. Later revisions stay, and are not looked at. */
  readonly head: number;
  readonly revisions: ReadonlySet<number>;
}

export interface RemovableVersion {
  readonly rowid: number;
  readonly revision: number;
  readonly kind: string | null;
  readonly size: number | null;
  readonly hash: string | null;
}

/** A version that stays, and will remember those that are removed directly before it. */
interface Successor {
  readonly rowid: number;
  /** The revision of the oldest removed version before it. */
  readonly since: number;
  /** The versions to be added to those that it remembers. */
  readonly count: number;
}

/** Removals that belong together: without its successor's mark, a removed version would look as if it had never been. */
export interface Removals {
  readonly versions: readonly RemovableVersion[];
  readonly successors: readonly Successor[];
}

interface Row extends RemovableVersion {
  readonly path: string;
  readonly op: 'put' | 'delete';
  readonly removed_since: number | null;
  readonly removed: number;
}

const maxRows = 1_000;
const minRows = 50;
/** The time that a page may take other requests, in milliseconds. They wait for each of several statements or for all. */
const wantedMs = 25;

/** The number of rows of the next page, by the time that the removals of the one before took: machines differ. */
export class PageRows {
  #rows = 2 * minRows;

  get count(): number {
    return this.#rows;
  }

  adapt(ms: number): void {
    if (ms > wantedMs) this.#rows = Math.max(minRows, this.#rows >> 1);
    else if (ms < wantedMs / 4) this.#rows = Math.min(maxRows, this.#rows << 1);
  }
}

/**
 * The versions of a tree that no kept revision contains, in pages. The newest version of a path stays, and the last one before
 * its deletion. Nothing but a removal changes the versions up to `head`, so a page stays true while other requests go on.
 */
export async function* removableVersions(
  database: Database,
  kept: Kept,
  pageRows: { readonly count: number } = { count: maxRows },
): AsyncGenerator<Removals> {
  const walk = new Walk(kept.revisions);
  for (let last: Pick<Row, 'path' | 'revision'> | undefined; ;) {
    const limit = pageRows.count;
    const rows = await pageBefore(database, { ...kept, limit }, last);
    const removals = walk.take(rows);
    if (removals.versions.length > 0) yield removals;
    last = rows.at(-1);
    if (rows.length < limit || last === undefined) return;
  }
}

/** The versions before `last`, in descending order of path and revision: so the successor of each one comes first. */
async function pageBefore(
  database: Database,
  { treeId, head, limit }: Kept & { readonly limit: number },
  last: Pick<Row, 'path' | 'revision'> | undefined,
): Promise<Row[]> {
  const isBefore = last && sql<boolean>`path <= ${last.path} and (path, revision) < (${last.path}, ${last.revision})`;
  return (
    database
      .selectFrom('versions')
      .select(sql<number>`rowid`.as('rowid'))
      .select(['path', 'revision', 'op', 'kind', 'size', 'hash', 'removed_since', 'removed'])
      .where('tree_id', '=', treeId)
      // The plus keeps SQLite from the index of revisions, which would sort all rows for each page.
      .where(sql<boolean>`+revision <= ${head}`)
      .$if(isBefore !== undefined, (query) => query.where(isBefore ?? sql<boolean>`true`))
      .orderBy('path', 'desc')
      .orderBy('revision', 'desc')
      .limit(limit)
      .execute()
  );
}

/** Decides about the versions of each path, the newest first. */
class Walk {
  /** Ascending. */
  readonly #kept: Float64Array;
  #path: string | undefined;
  /** The revision of the next version of the path, whether it is left or removed. */
  #next = Infinity;
  #hasPut = false;
  #successor: number | undefined;

  constructor(kept: ReadonlySet<number>) {
    this.#kept = Float64Array.from(kept).sort();
  }

  take(rows: readonly Row[]): Removals {
    const versions: RemovableVersion[] = [];
    const successors = new Map<number, Successor>();
    for (const row of rows) {
      if (row.path !== this.#path) this.#begin(row.path);
      const since = row.removed_since ?? row.revision;
      if (this.#stays(row)) {
        this.#successor = row.rowid;
      } else if (this.#successor !== undefined) {
        versions.push(row);
        const count = (successors.get(this.#successor)?.count ?? 0) + 1 + row.removed;
        successors.set(this.#successor, { rowid: this.#successor, since, count });
      }
      this.#next = since;
      this.#hasPut ||= row.op === 'put';
    }
    return { versions, successors: [...successors.values()] };
  }

  #begin(path: string): void {
    this.#path = path;
    this.#next = Infinity;
    this.#hasPut = false;
    this.#successor = undefined;
  }

  #stays({ revision, op }: Row): boolean {
    if (this.#next === Infinity || (op === 'put' && !this.#hasPut)) return true;
    const first = this.#kept[lowerBound(this.#kept, revision)];
    return first !== undefined && first < this.#next;
  }
}

/** The index of the first of the sorted `values` that is not less than `value`. */
function lowerBound(values: Float64Array, value: number): number {
  let [start, end] = [0, values.length];
  while (start < end) {
    const middle = (start + end) >>> 1;
    if ((values[middle] ?? 0) < value) start = middle + 1;
    else end = middle;
  }
  return start;
}
