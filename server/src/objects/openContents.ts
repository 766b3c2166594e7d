import { join } from 'node:path';
import type { Database } from '../database/openDatabase';
import { ChunkRepository } from './chunkRepository';
import { ChunkStore } from './chunkStore';
import { ContentStore } from './contentStore';
import { ObjectStore } from './objectStore';
import { PackRepository } from './packRepository';
import { PackStore } from './packStore';
import { SliceRepository } from './sliceRepository';

export function openContents(dataFolder: string, database: Database): ContentStore {
  const objects = new ObjectStore(join(dataFolder, 'objects'));
  const packs = new PackStore(join(dataFolder, 'packs'), new SliceRepository(database), new PackRepository(database));
  return new ContentStore(objects, packs, new ChunkStore(packs, new ChunkRepository(database)));
}
