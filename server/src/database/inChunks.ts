import { setImmediate as nextTurn } from 'node:timers/promises';

/** Rows in one statement. With ten columns each, they stay well below SQLite's limit of 32,766 variables. */
const chunkRows = 1000;

/** Calls `use` with one chunk of rows at a time, and yields to other requests between chunks. */
export async function inChunks<T>(rows: readonly T[], use: (chunk: readonly T[]) => Promise<void>): Promise<void> {
  for (let start = 0; start < rows.length; start += chunkRows) {
    if (start > 0) await nextTurn();
    await use(rows.slice(start, start + chunkRows));
  }
}
