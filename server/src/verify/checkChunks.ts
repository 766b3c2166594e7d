import { inParallel } from '../concurrency/inParallel';
import type { ChunkPlace, Recipe } from '../objects/chunks/chunkRepository';
import type { ContentStore } from '../objects/contentStore';
import type { ObjectState } from '../objects/inspectObject';
import type { VerifyServices, VerifyTask } from './verifyTask';

const maxParallelReads = 2;

/** The sizes of the whole chunks, by id; 0 for others. A map has at most 2^24 entries, which a history of 256 GiB reaches. */
export type WholeChunks = Uint32Array;

/**
 * Reads each chunk once, whichever contents have it. A damaged one is forgotten, so that the next content that has it stores it
 * again, for all of them.
 */
export async function checkChunks(services: VerifyServices, task: VerifyTask): Promise<WholeChunks> {
  const last = await services.withDatabase((database) => services.contentsOf(database).chunks.repository.lastChunkId());
  // A chunk that gc adds from here on has no place in it. The contents that have one are looked at again.
  const whole = new Uint32Array(last + 1);
  for (let after = 0; ;) {
    const { stored, page } = await services.withDatabase(async (database) => {
      const store = services.contentsOf(database);
      return { stored: store, page: await store.chunks.repository.pageOfPlaces(after) };
    });
    const lastOfPage = page.at(-1);
    if (lastOfPage === undefined) return whole;
    await inParallel(page, maxParallelReads, async (place) => {
      task.signal.throwIfAborted();
      const isWhole = (await isWholeAt(stored, place, task)) || (await isWholeNow(services, place, task));
      if (isWhole) whole[place.id] = place.size;
    });
    after = lastOfPage.id;
  }
}

async function isWholeAt({ chunks }: ContentStore, place: ChunkPlace, { quick }: VerifyTask): Promise<boolean> {
  return chunks.isWhole(place, quick);
}

/** Looks again, since gc may have moved the chunk. */
async function isWholeNow(services: VerifyServices, { id }: ChunkPlace, task: VerifyTask): Promise<boolean> {
  return services.withDatabase(async (database) => {
    const stored = services.contentsOf(database);
    const place = (await stored.chunks.repository.places([id])).get(id);
    if (place === undefined || (await isWholeAt(stored, place, task))) return place !== undefined;
    if (!task.dryRun && !task.quick) await stored.chunks.repository.forget(place);
    return false;
  });
}

/** The state of a content that is composed of these chunks. */
export function recipeState({ size, chunks }: Recipe, whole: WholeChunks): ObjectState {
  let bytes = 0;
  for (const id of chunks) {
    const chunk = whole[id] ?? 0;
    if (chunk === 0) return { state: 'incomplete', fault: 'has a damaged chunk' };
    bytes += chunk;
  }
  return bytes === size ? { state: 'whole', size } : { state: 'incomplete', fault: 'is composed of other chunks' };
}
