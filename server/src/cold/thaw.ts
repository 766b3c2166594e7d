import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from '../database/openDatabase';
import type { FreezeRequest } from './freezeRequest';
import type { Pacer } from '../concurrency/pacer';
import type { Recipe } from '../objects/chunkRepository';
import { hasContent, isSmall } from '../objects/content';
import type { ContentStore } from '../objects/contentStore';
import { flushFiles } from '../objects/flush';
import { DamagedContent } from '../objects/openContent';
import { isStorageFull } from '../space/isStorageFull';
import { ColdContents } from './coldContents';

/**
 * Makes contents objects again that are composed of chunks and that a head has again, after a restore or an undo. A request never
 * does so: it reads the content from its chunks, and only rsync, which finds no basis for a difference, sends the whole file if it
 * changes before the next gc. Small contents stay, since rsync gains nothing by them.
 * The object is durable before the recipe goes.
 */
export async function thaw(
  { database, contents }: { readonly database: Database; readonly contents: ContentStore },
  request: FreezeRequest,
  pacer: Pacer,
): Promise<void> {
  if (request.dryRun) return;
  const cold = new ColdContents(database);
  const { repository } = contents.chunks;
  for await (const recipes of repository.pagesOfRecipes()) {
    const hot = await cold.hot(recipes.map(({ hash }) => hash));
    for (const recipe of recipes) {
      request.signal.throwIfAborted();
      if (!hot.has(recipe.hash) || isSmall(recipe)) continue;
      if (contents.objects.has(recipe) || (await makeObject(contents, recipe, request))) {
        await repository.removeRecipes([recipe.hash]);
      }
      await pacer.pauseIfDue();
    }
  }
}

/** Returns false if the content is damaged or has no room. */
async function makeObject(contents: ContentStore, recipe: Recipe, { report }: FreezeRequest): Promise<boolean> {
  const { objects } = contents;
  const object = objects.fileOf(recipe.hash);
  // A kill leaves a name that gc removes as a leftover.
  const copy = `${object}.${randomUUID()}`;
  try {
    if (!(await contents.compose(copy, recipe)) || !(await hasContent(copy, recipe))) return false;
    await flushFiles([copy]);
    await objects.store(copy, recipe);
    await flushFiles([object, dirname(object)]);
    return true;
  } catch (error) {
    if (isStorageFull(error)) report('The disk is full, so contents of heads stay composed of chunks.');
    else if (!(error instanceof DamagedContent)) throw error;
    return false;
  } finally {
    rmSync(copy, { force: true });
  }
}
