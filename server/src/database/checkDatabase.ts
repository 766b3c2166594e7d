import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { OperatorError } from '../errors';
import { isDamage, damageError, type Database } from './openDatabase';

/**
 * Reads the whole database. Throws OperatorError if it is damaged, or knows no tree although content is stored: then
 * it is a new database in the place of one that was lost.
 */
export async function checkDatabase(database: Database, dataFolder: string): Promise<void> {
  const fault = await integrityFault(database);
  if (fault !== undefined) throw damageError(fault);
  const tree = await database.selectFrom('trees').select('id').limit(1).executeTakeFirst();
  if (tree === undefined && (await hasObjects(join(dataFolder, 'objects')))) {
    const fix = 'Restore palmtree.sqlite from a backup, or choose an empty data folder with --data.';
    throw new OperatorError(`The database of the files in ${dataFolder} is missing. ${fix}`);
  }
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

async function hasObjects(folder: string): Promise<boolean> {
  for (const shard of await readdir(folder).catch(() => [])) {
    if ((await readdir(join(folder, shard))).length > 0) return true;
  }
  return false;
}
