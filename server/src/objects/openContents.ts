import { join } from 'node:path';
import type { Database } from '../database/openDatabase';
import { ChunkRepository } from './chunks/chunkRepository';
import { ChunkStore } from './chunks/chunkStore';
import { ContentStore } from './contentStore';
import { ObjectStore } from './objectStore';
import { PackRepository } from './packs/packRepository';
import { PackStore } from './packs/packStore';
import { SliceRepository } from './packs/sliceRepository';

export function openContents(dataFolder: string, database: Database): ContentStore {
  const objects = new ObjectStore(join(dataFolder, 'objects'));
  const packs = new PackStore(join(dataFolder, 'packs'), new SliceRepository(database), new PackRepository(database));
  return new ContentStore(objects, packs, new ChunkStore(packs, new ChunkRepository(database)));
}
