import { join } from 'node:path';
import { databaseFileName } from './openDatabase';

/** Pages of 4 KiB that are copied before other work gets its turn. */
const pagesPerStep = 5_000;
const busyTimeoutMs = 30_000;

/**
 * Copies the database of `dataFolder`, as it is at one moment, to `file`, which does not exist. Others may write meanwhile.
 * The transaction keeps SQLite from starting again after each of their commits.
 */
export async function copyDatabase(dataFolder: string, file: string): Promise<void> {
  const { backup, DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const source = new DatabaseSync(join(dataFolder, databaseFileName), { readOnly: true, timeout: busyTimeoutMs });
  try {
    source.exec('begin; select 1 from sqlite_master limit 1');
    await backup(source, file, { rate: pagesPerStep });
  } finally {
    source.close();
  }
}
