import { tryLockPurges } from '../database/purgeLock';
import type { FreezeRequest } from './freezeRequest';
import type { Pacer } from '../concurrency/pacer';
import type { ChunkRepository } from '../objects/chunks/chunkRepository';

/**
 * Removes the chunks that no recipe has. Returns their number; `PackRewriter` then frees their bytes. Only gc adds chunks and
 * recipes, so none appears meanwhile. A dry run takes the contents of `removed` as removed.
 */
export async function sweepChunks(
  { dataFolder, repository }: { readonly dataFolder: string; readonly repository: ChunkRepository },
  { dryRun, signal, report }: FreezeRequest,
  pacer: Pacer,
  removed: ReadonlySet<string>,
): Promise<number> {
  const lock = dryRun ? undefined : tryLockPurges(dataFolder);
  if (!dryRun && lock === undefined) {
    report('A backup is running, so chunks are left to the next gc.');
    return 0;
  }
  try {
    const used = new Uint8Array((await repository.lastChunkId()) + 1);
    for await (const recipes of repository.pagesOfRecipes()) {
      signal.throwIfAborted();
      for (const { hash, chunks } of recipes) if (!removed.has(hash)) for (const id of chunks) used[id] = 1;
      await pacer.pauseIfDue();
    }
    let swept = 0;
    for (let after = 0; ;) {
      signal.throwIfAborted();
      const page = await repository.pageOfIds(after);
      const last = page.at(-1);
      if (last === undefined) return swept;
      const dead = page.flatMap(({ id }) => (used[id] === 1 ? [] : [id]));
      if (!dryRun) await repository.removeChunks(dead);
      swept += dead.length;
      after = last.id;
      await pacer.pauseIfDue();
    }
  } finally {
    lock?.release();
  }
}
