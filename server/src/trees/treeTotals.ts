import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../database/openDatabase';

export interface TreeTotal {
  readonly name: string;
  readonly revision: number;
  /** Files and symlinks at the head. */
  readonly files: number;
  /** Bytes of the files at the head. */
  readonly bytes: number;
  readonly lastPush: { readonly at: string; readonly by: string } | null;
}

/** Rows that one query reads: some milliseconds of work, in which other requests wait. */
const rowsPerQuery = 10_000;

/** The sizes of trees, for the administrator. */
export class TreeTotals {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Sorted by name. With `only`, the tree of that name alone. */
  async list(signal: AbortSignal, only?: string): Promise<TreeTotal[]> {
    const all = this.#database
      .selectFrom('trees')
      .leftJoin('revisions', (join) =>
        join.onRef('revisions.tree_id', '=', 'trees.id').onRef('revisions.number', '=', 'trees.head'),
      )
      .select(['trees.id', 'trees.name', 'trees.head', 'revisions.created_at', 'revisions.token_name'])
      .where('trees.deleted_at', 'is', null)
      .orderBy('trees.name');
    const trees = await (only === undefined ? all : all.where('trees.name', '=', only)).execute();
    const totals: TreeTotal[] = [];
    for (const { id, name, head, created_at: at, token_name: by } of trees) {
      const lastPush = at === null || by === null ? null : { at, by };
      totals.push({ name, revision: head, ...(await this.#atHead(id, signal)), lastPush });
    }
    return totals;
  }

  async #atHead(treeId: number, signal: AbortSignal): Promise<{ files: number; bytes: number }> {
    const total = { files: 0, bytes: 0 };
    for (let after = ''; ;) {
      signal.throwIfAborted();
      const page = await this.#database
        .selectFrom((query) =>
          query
            .selectFrom('entries')
            .select(['path', 'op', 'kind', 'size'])
            .where('tree_id', '=', treeId)
            .where('path', '>', after)
            .orderBy('path')
            .limit(rowsPerQuery)
            .as('page'),
        )
        .select(({ fn }) => [
          sql<number>`coalesce(sum(op = 'put'), 0)`.as('files'),
          sql<number>`coalesce(sum(case when kind = 'file' then size end), 0)`.as('bytes'),
          fn.max('path').as('last'),
        ])
        .executeTakeFirstOrThrow();
      if (page.last === null) return total;
      total.files += page.files;
      total.bytes += page.bytes;
      after = page.last;
      await nextTurn();
    }
  }
}
