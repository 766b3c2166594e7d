import { openDatabase } from '../database/openDatabase';
import { Reserve } from '../space/reserve';
import { TokenRepository } from '../tokens/tokenRepository';

/** Works on the tokens of a data folder, whether a server runs on it or not. */
export async function withTokens(dataFolder: string, use: (tokens: TokenRepository) => Promise<void>): Promise<void> {
  await new Reserve(dataFolder).withRoom(() => withDatabase(dataFolder, use));
}

async function withDatabase(dataFolder: string, use: (tokens: TokenRepository) => Promise<void>): Promise<void> {
  const database = await openDatabase(dataFolder);
  try {
    await use(new TokenRepository(database, () => new Date()));
  } finally {
    await database.destroy();
  }
}
