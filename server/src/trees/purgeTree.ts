import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../database/openDatabase';

/** Rows that one transaction deletes: some tens of milliseconds, in which pushes wait. */
const rowsPerTransaction = 2_000;

/** Children first, because the rows of a revision refer to it. */
const tables = ['entries', 'versions', 'folders', 'unchanged_pushes', 'retention', 'revisions'] as const;

/**
 * Deletes all rows of a deleted tree, in many short transactions. From the first one on, the tree cannot be brought back, and
 * after a kill or a cancellation the next purge goes on.
 */
export async function purgeTree(database: Database, treeId: number, signal: AbortSignal): Promise<void> {
  await database.updateTable('trees').set({ deleted_name: null }).where('id', '=', treeId).execute();
  for (const table of tables) {
    for (;;) {
      signal.throwIfAborted();
      const { numAffectedRows } = await sql`
        delete from ${sql.table(table)} where rowid in (
          select rowid from ${sql.table(table)} where tree_id = ${treeId} limit ${rowsPerTransaction}
        )`.execute(database);
      if ((numAffectedRows ?? 0n) < rowsPerTransaction) break;
      await nextTurn();
    }
  }
  await database.deleteFrom('trees').where('id', '=', treeId).execute();
}
