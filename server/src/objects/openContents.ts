import { join } from 'node:path';
import type { Database } from '../database/openDatabase';
import { ContentStore } from './contentStore';
import { ObjectStore } from './objectStore';
import { PackStore } from './packStore';
import { SliceRepository } from './sliceRepository';

export function openContents(dataFolder: string, database: Database): ContentStore {
  const objects = new ObjectStore(join(dataFolder, 'objects'));
  return new ContentStore(objects, new PackStore(join(dataFolder, 'packs'), new SliceRepository(database)));
}
