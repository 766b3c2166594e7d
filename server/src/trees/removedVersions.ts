import { sql, type RawBuilder } from 'kysely';
import { inChunks } from '../database/inChunks';
import type { Database } from '../database/openDatabase';

/** Paths of one page. They may have 4,096 characters each. */
const pagePaths = 200;

/**
 * The versions that retention has removed.
 * Invariant: a removed version is remembered by the next version of its path that is left, whose `removed_since` is the revision
 * of the oldest version removed directly before it. So the state of a path at a revision R was removed if and only if a version
 * after R has removed_since <= R. There always is such a version, because the newest one of a path stays.
 */
export class RemovedVersions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Those of `paths` whose version at `revision` was removed. To be called after the versions were read: one that is removed
   * in between is then found here.
   */
  async at(treeId: number, revision: number, paths: readonly string[]): Promise<Set<string>> {
    const removed = new Set<string>();
    await inChunks(paths, async (chunk) => {
      const rows = await this.#database
        .selectFrom('versions')
        .select('path')
        .where('tree_id', '=', treeId)
        .where('path', 'in', chunk)
        .where('removed_since', '<=', revision)
        // The plus keeps SQLite from the index of all versions: that of marks is empty while nothing is removed.
        .where(sql<boolean>`+revision > ${revision}`)
        .execute();
      for (const { path } of rows) removed.add(path);
    });
    return removed;
  }

  /** The paths whose version was removed at one of `revisions`, in pages, sorted. */
  pagesAt(treeId: number, revisions: readonly number[]): AsyncGenerator<string[]> {
    const isRemoved = revisions.map((revision) => sql`(removed_since <= ${revision} and revision > ${revision})`);
    return this.#pages(treeId, sql<boolean>`(${sql.join(isRemoved, sql` or `)})`);
  }

  /** The paths that `revision` has changed, and whose version before it was removed, in pages, sorted. */
  pagesBefore(treeId: number, revision: number): AsyncGenerator<string[]> {
    return this.#pages(treeId, sql<boolean>`revision = ${revision}`);
  }

  async *#pages(treeId: number, isWanted: RawBuilder<boolean>): AsyncGenerator<string[]> {
    for (let after = ''; ;) {
      const rows = await this.#database
        .selectFrom('versions')
        .select('path')
        .distinct()
        .where('tree_id', '=', treeId)
        .where('path', '>', after)
        .where('removed_since', 'is not', null)
        .where(isWanted)
        .orderBy('path')
        .limit(pagePaths)
        .execute();
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows.map(({ path }) => path);
      after = last.path;
    }
  }
}
