import { connectToControlSocket } from '../administration/controlSocket';
import { checkDatabase } from '../database/checkDatabase';
import { openDatabase, type Database } from '../database/openDatabase';
import { requireUnused } from '../database/requireUnused';
import { Reserve } from '../space/reserve';
import { checkDataFolder } from './checkDataFolder';

/** Opens the database of a data folder whose lock the caller has, for a server or an administration command. Throws OperatorError. */
export async function openDataFolder(dataFolder: string): Promise<Database> {
  checkDataFolder(dataFolder);
  await requireUnused(dataFolder, () => hasServer(dataFolder));
  const database = await new Reserve(dataFolder).withRoom(() => openDatabase(dataFolder));
  try {
    await checkDatabase(database, dataFolder);
  } catch (error) {
    await database.destroy();
    throw error;
  }
  return database;
}

async function hasServer(dataFolder: string): Promise<boolean> {
  const server = await connectToControlSocket(dataFolder);
  server?.destroy();
  return server !== undefined;
}
