import { inParallel } from '../concurrency/inParallel';
import type { ChunkPlace, Recipe } from '../objects/chunkRepository';
import type { ContentStore } from '../objects/contentStore';
import type { ObjectState } from '../objects/inspectObject';
import type { VerifyServices, VerifyTask } from './verifyTask';

const maxParallelReads = 2;

/** The sizes of the whole chunks, by id. */
export type WholeChunks = ReadonlyMap<number, number>;

/**
 * Reads each chunk once, whichever contents have it. A damaged one is forgotten, so that the next content that has it stores it
 * again, for all of them.
 */
export async function checkChunks(services: VerifyServices, task: VerifyTask): Promise<WholeChunks> {
  const whole = new Map<number, number>();
  for (let after = 0; ;) {
    const { stored, page } = await services.withDatabase(async (database) => {
      const store = services.contentsOf(database);
      return { stored: store, page: await store.chunks.repository.pageOfPlaces(after) };
    });
    const last = page.at(-1);
    if (last === undefined) return whole;
    await inParallel(page, maxParallelReads, async (place) => {
      task.signal.throwIfAborted();
      const isWhole = (await isWholeAt(stored, place, task)) || (await isWholeNow(services, place, task));
      if (isWhole) whole.set(place.id, place.size);
    });
    after = last.id;
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
    const chunk = whole.get(id);
    if (chunk === undefined) return { state: 'incomplete', fault: 'has a damaged chunk' };
    bytes += chunk;
  }
  return bytes === size ? { state: 'whole', size } : { state: 'incomplete', fault: 'is composed of other chunks' };
}
