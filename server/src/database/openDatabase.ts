import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import { StartError } from '../errors';
import { migrations } from './migrations';
import { NodeSqliteDialect } from './nodeSqliteDialect';
import type { Tables } from './tables';

export type Database = Kysely<Tables>;

/** How long a statement waits for the other process's transaction: the server and the token command share the file. */
const busyTimeoutMs = 30_000;

export async function openDatabase(dataFolder: string): Promise<Database> {
  // Not a static import: it would fail on an older Node before the version check can say why.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const file = join(dataFolder, 'palmtree.sqlite');
  const writer = new DatabaseSync(file, { timeout: busyTimeoutMs });
  writer.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
  // KiB, used when needed: the indexes of a commit of 100,000 files do not fit into the usual 2 MiB.
  writer.exec('pragma cache_size = -32768');
  const forReading = () => new DatabaseSync(file, { timeout: busyTimeoutMs, readOnly: true });
  const dialect = new NodeSqliteDialect({ writer, reader: forReading(), snapshots: forReading() });
  const database = new Kysely<Tables>({ dialect });
  await migrate(database);
  return database;
}

interface MigrationTables extends Tables {
  migrations: { number: number; applied_at: string };
}

/** One transaction: a kill leaves the old schema or the new one, and two processes take turns. */
async function migrate(database: Database): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    await transaction.schema
      .createTable('migrations')
      .ifNotExists()
      .addColumn('number', 'integer', (column) => column.primaryKey())
      .addColumn('applied_at', 'text', (column) => column.notNull())
      .execute();
    const known = transaction as unknown as Kysely<MigrationTables>;
    const { applied } = await known
      .selectFrom('migrations')
      .select(sql<number>`count(*)`.as('applied'))
      .executeTakeFirstOrThrow();
    if (applied > migrations.length) throw new StartError('the data folder was written by a newer palmtree-server');
    for (const [index, migration] of migrations.entries()) {
      if (index < applied) continue;
      await migration(transaction);
      const row = { number: index + 1, applied_at: new Date().toISOString() };
      await known.insertInto('migrations').values(row).execute();
    }
  });
}
