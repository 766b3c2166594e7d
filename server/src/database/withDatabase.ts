import { openDatabase, type Database } from './openDatabase';

/** Opens the database of `dataFolder` for one use. */
export async function withDatabase<T>(dataFolder: string, use: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(dataFolder);
  try {
    return await use(database);
  } finally {
    await database.destroy();
  }
}
