import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { OperatorError } from '../errors';
import { damageError, databaseFileName, type Database } from './openDatabase';
import { isDamage } from './sqliteError';

/** The files that `DatabaseFile` saves. */
const savedName = /^palmtree-saved-.*\.sqlite$/;

/**
 * Reads the whole database. Throws OperatorError if it is damaged, or knows no tree although content is stored: then
 * it is a new database in the place of one that was lost.
 */
export async function checkDatabase(database: Database, dataFolder: string): Promise<void> {
  const fault = await integrityFault(database);
  if (fault !== undefined) throw damageError(fault);
  const tree = await database.selectFrom('trees').select('id').limit(1).executeTakeFirst();
  if (tree === undefined && hasObjects(dataFolder)) throw missingError(dataFolder);
}

/**
 * To be called before a database is created. Throws OperatorError if the folder has content, whose database is missing or
 * empty: a new one would hide that it is lost.
 */
export function requireDatabaseOfObjects(dataFolder: string): void {
  const database = statSync(join(dataFolder, databaseFileName), { throwIfNoEntry: false });
  if ((database === undefined || database.size === 0) && hasObjects(dataFolder)) throw missingError(dataFolder);
}

function missingError(dataFolder: string): OperatorError {
  const saved = readdirSync(dataFolder).filter((name) => savedName.test(name));
  const last = saved.sort().at(-1);
  const backup = last === undefined ? 'a backup' : `a backup, or rename ${last} to it`;
  const fix = `Restore ${databaseFileName} from ${backup}, or choose an empty data folder with --data.`;
  return new OperatorError(`The database of the files in ${dataFolder} is missing. ${fix}`);
}

async function integrityFault(database: Database): Promise<string | undefined> {
  try {
    const { rows } = await sql<{ quick_check: string }>`pragma quick_check(1)`.execute(database);
    const result = rows[0]?.quick_check ?? 'no result';
    return result === 'ok' ? undefined : result.replaceAll('\n', ' ');
  } catch (error) {
    if (!isDamage(error)) throw error;
    return error.message;
  }
}

function hasObjects(dataFolder: string): boolean {
  const folder = join(dataFolder, 'objects');
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return false;
  return readdirSync(folder).some((shard) => readdirSync(join(folder, shard)).length > 0);
}
