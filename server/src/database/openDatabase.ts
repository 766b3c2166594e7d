import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import { OperatorError } from '../errors';
import { migrations } from './migrations';
import { NodeSqliteDialect } from './nodeSqliteDialect';
import { isDamage } from './sqliteError';
import type { Tables } from './tables';

export const databaseFileName = 'palmtree.sqlite';

export type Database = Kysely<Tables>;

/** The time that a statement waits for another process's transaction. The server and the other commands share the file. */
const busyTimeoutMs = 30_000;

/** Opens the database and migrates it. Throws OperatorError when a newer server has written it, or it is found damaged. */
export async function openDatabase(dataFolder: string): Promise<Database> {
  try {
    return await openAndMigrate(dataFolder);
  } catch (error) {
    throw isDamage(error) ? damageError(error.message, { cause: error }) : error;
  }
}

export function damageError(fault: string, options?: ErrorOptions): OperatorError {
  const fix = 'Stop everything that uses it, and restore palmtree.sqlite from a backup.';
  return new OperatorError(`The database palmtree.sqlite is damaged (${fault}). ${fix}`, options);
}

async function openAndMigrate(dataFolder: string): Promise<Database> {
  // A static import would fail on an older Node before the version check could say why.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const file = join(dataFolder, databaseFileName);
  const writer = new DatabaseSync(file, { timeout: busyTimeoutMs });
  writer.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
  // A negative number is in KiB. The indexes of a commit of 100,000 files do not fit into the default of 2 MiB.
  writer.exec('pragma cache_size = -32768');
  const openReadOnly = () => new DatabaseSync(file, { timeout: busyTimeoutMs, readOnly: true });
  const connections = { writer, reader: openReadOnly(), snapshots: openReadOnly() };
  for (const connection of Object.values(connections)) connection.exec('pragma busy_timeout = 0');
  const dialect = new NodeSqliteDialect(connections, busyTimeoutMs);
  const database = new Kysely<Tables>({ dialect });
  await migrate(database);
  return database;
}

interface MigrationTables extends Tables {
  migrations: { number: number; applied_at: string };
}

/**
 * Runs in one transaction, so a kill leaves the old schema or the new one, and two processes migrate in turn. Writes
 * nothing to a database that is up to date: listing tokens needs no room on a full disk.
 */
async function migrate(database: Database): Promise<void> {
  if ((await appliedMigrations(database)) === migrations.length) return;
  await database.transaction().execute(async (transaction) => {
    await transaction.schema
      .createTable('migrations')
      .ifNotExists()
      .addColumn('number', 'integer', (column) => column.primaryKey())
      .addColumn('applied_at', 'text', (column) => column.notNull())
      .execute();
    const typed = transaction as unknown as Kysely<MigrationTables>;
    const applied = await appliedMigrations(transaction);
    if (applied > migrations.length) {
      throw new OperatorError('A newer palmtree-server has written the data folder. Update this server.');
    }
    for (const [index, migration] of migrations.entries()) {
      if (index < applied) continue;
      await migration(transaction);
      const row = { number: index + 1, applied_at: new Date().toISOString() };
      await typed.insertInto('migrations').values(row).execute();
    }
  });
}

async function appliedMigrations(database: Database): Promise<number> {
  const { rows } = await sql<{ name: string }>`select name from sqlite_master where name = 'migrations'`.execute(
    database,
  );
  if (rows.length === 0) return 0;
  const { rows: counts } = await sql<{ applied: number }>`select count(*) as applied from migrations`.execute(database);
  return counts[0]?.applied ?? 0;
}
