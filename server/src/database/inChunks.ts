import { setImmediate as nextTurn } from 'node:timers/promises';

/** Rows of one statement: ten columns each stay well below SQLite's limit of 32,766 variables. */
const chunkRows = 1000;

/** Takes many rows to the database a statement at a time, and lets other requests in between. */
export async function inChunks<T>(rows: readonly T[], use: (chunk: readonly T[]) => Promise<void>): Promise<void> {
  for (let start = 0; start < rows.length; start += chunkRows) {
    if (start > 0) await nextTurn();
    await use(rows.slice(start, start + chunkRows));
  }
}
