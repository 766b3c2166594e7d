import { sql } from 'kysely';
import type { Database } from '../database/openDatabase';
import { isDamage } from '../database/sqliteError';
import type { DatabaseDamage } from './damage';

/** Has SQLite check its file, and every reference between rows. `quick` leaves out the comparison of indexes with tables. */
export async function checkDatabase(database: Database, { quick }: { quick: boolean }): Promise<DatabaseDamage[]> {
  try {
    const faults = [...(await integrityFaults(database, quick)), ...(await referenceFaults(database))];
    return faults.map((fault) => ({ kind: 'database', fault }));
  } catch (error) {
    if (!isDamage(error)) throw error;
    return [{ kind: 'database', fault: `cannot be read (${error.message})` }];
  }
}

/** At most a hundred, which is SQLite's limit. */
async function integrityFaults(database: Database, quick: boolean): Promise<string[]> {
  const { rows } = await (quick ? sql`pragma quick_check` : sql`pragma integrity_check`).execute(database);
  const results = rows.flatMap((row) => Object.values(row as Record<string, string>));
  return results.filter((result) => result !== 'ok').map((result) => `is damaged (${result.replaceAll('\n', ' ')})`);
}

/** One fault for each table that has them. */
async function referenceFaults(database: Database): Promise<string[]> {
  const { rows } = await sql<{ table: string; parent: string; count: number }>`
    select "table", parent, count(*) as count from pragma_foreign_key_check group by "table", parent`.execute(database);
  return rows.map(({ table, parent, count }) => `has ${count} rows in ${table} that refer to no row in ${parent}`);
}
