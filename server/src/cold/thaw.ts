import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Database } from '../database/openDatabase';
import type { FreezeRequest } from './freezeRequest';
import { pauseAfter, type Pacer } from '../concurrency/pacer';
import type { Recipe } from '../objects/chunks/chunkRepository';
import { isSmall, type Content } from '../objects/content';
import type { ContentStore } from '../objects/contentStore';
import { tellFault } from '../objects/diskFault';
import { flushFiles } from '../objects/flush';
import { DamagedContent, fileContent, isWholeContent, type OnPiece } from '../objects/openContent';
import type { DiskSpace } from '../space/diskSpace';
import { isStorageFull } from '../space/isStorageFull';
import { ColdContents } from './coldContents';

export interface ThawDeps {
  readonly database: Database;
  readonly contents: ContentStore;
  readonly space: DiskSpace;
}

/**
 * Makes objects again of the contents that are composed of chunks and that a head has again, after a restore or an undo. No
 * request does so: it reads the content from its chunks. Only rsync finds no basis there, and sends the whole file if it changes
 * before the next gc. Small contents stay, since rsync gains nothing by them.
 * The object is durable before the recipe goes.
 */
export async function thaw(deps: ThawDeps, request: FreezeRequest, pacer: Pacer): Promise<void> {
  if (request.dryRun) return;
  const { database, contents } = deps;
  const cold = new ColdContents(database);
  const { repository } = contents.chunks;
  let left = 0;
  for await (const recipes of repository.pagesOfRecipes()) {
    const hot = await cold.hot(recipes.map(({ hash }) => hash));
    for (const recipe of recipes) {
      request.signal.throwIfAborted();
      if (!hot.has(recipe.hash) || isSmall(recipe)) continue;
      try {
        const onPiece = pauseAfter(request, pacer);
        const made = (await hasObject(contents, recipe, onPiece)) ? 'made' : await makeObject(deps, recipe, onPiece);
        if (made === 'made') await repository.removeRecipes([recipe.hash]);
        else if (made === 'no room') left++;
      } catch (error) {
        tellFault(error, (fault) => request.report(`${fault}, so its content stays composed of chunks.`));
      }
      await pacer.pauseIfDue();
    }
  }
  if (left > 0) request.report('The disk has too little room, so some contents of heads stay composed of chunks.');
}

/**
 * Whether a push has brought the object meanwhile, whole and durable from now on. A push stores its objects before it flushes them,
 * and the recipe may be all that is left of an object that the disk has damaged.
 */
async function hasObject({ objects }: ContentStore, recipe: Recipe, onPiece: OnPiece): Promise<boolean> {
  const object = await objects.open(recipe);
  if (object === undefined) return false;
  const opened = fileContent(object);
  try {
    if (!(await isWholeContent(opened, recipe, onPiece))) return false;
  } finally {
    await opened.close();
  }
  await objects.flush([recipe.hash]);
  return true;
}

/** Replaces a damaged object. */
async function makeObject(
  { contents, space }: ThawDeps,
  recipe: Recipe,
  onPiece: OnPiece,
): Promise<'made' | 'damaged' | 'no room'> {
  if (!(await space.hasRoom(recipe.size))) return 'no room';
  const { objects } = contents;
  const object = objects.fileOf(recipe.hash);
  // A kill leaves a name that gc removes as a leftover.
  const copy = `${object}.${randomUUID()}`;
  try {
    if (!(await contents.compose(copy, recipe, onPiece)) || !(await isWholeFile(copy, recipe, onPiece)))
      return 'damaged';
    await flushFiles([copy]);
    await objects.store(copy, recipe);
    await flushFiles([object, dirname(object)]);
    return 'made';
  } catch (error) {
    if (isStorageFull(error)) return 'no room';
    if (error instanceof DamagedContent) return 'damaged';
    throw error;
  } finally {
    rmSync(copy, { force: true });
  }
}

async function isWholeFile(file: string, content: Content, onPiece: OnPiece): Promise<boolean> {
  const opened = fileContent(await open(file));
  try {
    return await isWholeContent(opened, content, onPiece);
  } finally {
    await opened.close();
  }
}
