import { inParallel } from '../concurrency/inParallel';
import type { ContentStore, MaybeSized } from '../objects/contentStore';
import type { ObjectState } from '../objects/inspectObject';
import { ContentRepository, hashPrefixes } from '../trees/contentRepository';
import { checkChunks, recipeState } from './checkChunks';
import { contentFault } from './contentFault';
import type { VerifyServices, VerifyTask } from './verifyTask';

/** One file is read while another is hashed. */
const maxParallelReads = 2;

/**
 * Compares each content that a version has, each chunk, and each stored object, with its hash and its declared size. A content
 * that is composed of chunks is whole if they are: gc compared it with its hash when it chose them. Damaged objects are moved
 * to the quarantine. `count` is the number of contents. Pushes and removals go on meanwhile, so whatever looks wrong is looked
 * at again.
 */
export async function checkContents(services: VerifyServices, task: VerifyTask, count: number): Promise<void> {
  const chunks = await checkChunks(services, task);
  for (const prefix of hashPrefixes(count)) {
    const { named, stored, slices, recipes } = await services.withDatabase(async (database) => {
      const contents = await new ContentRepository(database, task.treeIds).withPrefix(prefix);
      const store = services.contentsOf(database);
      const hashes = contents.map(({ hash }) => hash);
      const composed = await store.chunks.repository.recipes(hashes);
      return { named: contents, stored: store, slices: await store.packs.findAll(hashes), recipes: composed };
    });
    await inParallel(named, maxParallelReads, async (content) => {
      task.signal.throwIfAborted();
      const asFile = await stored.inspectAt(content, slices.get(content.hash), task.quick);
      const recipe = asFile.state === 'missing' ? recipes.get(content.hash) : undefined;
      const found = recipe === undefined ? asFile : recipeState(recipe, chunks);
      if (found.state !== 'whole' || found.size !== content.size) await reportDamaged(services, task, content);
      task.onContent(content.size);
    });
    const used = new Set(named.map(({ hash }) => hash));
    if (task.treeIds === undefined) await checkUnused(services, task, { prefix, used, stored });
  }
}

/** A push may have stored some of them since, and gc may remove others meanwhile. */
async function checkUnused(
  services: VerifyServices,
  task: VerifyTask,
  { prefix, used, stored }: { prefix: string; used: ReadonlySet<string>; stored: ContentStore },
): Promise<void> {
  const unused = stored.objects.stored(prefix).filter((hash) => !used.has(hash));
  await inParallel(unused, maxParallelReads, async (hash) => {
    task.signal.throwIfAborted();
    const found = await stored.objects.inspect({ hash }, task.quick);
    if (found.state === 'damaged') await reportDamaged(services, task, { hash });
  });
}

/** Looks again, since a push may have repaired the content, or a removal may have removed its versions too. */
async function reportDamaged(services: VerifyServices, task: VerifyTask, content: MaybeSized): Promise<void> {
  await services.withDatabase(async (database) => {
    const stored = services.contentsOf(database);
    const fault = await contentFault(stored, new ContentRepository(database), content);
    if (fault === undefined) return;
    const { found, damage } = fault;
    const quarantined = task.dryRun || found.state !== 'damaged' ? undefined : await setAside(stored, content, found);
    task.onDamage(quarantined === undefined ? damage : { ...damage, quarantined });
  });
}

/**
 * Makes room for another copy of a damaged content. Returns where its file was moved to. A pack stays, since its other contents
 * may be whole: the database forgets this one.
 */
async function setAside(
  { objects, packs }: ContentStore,
  { hash }: MaybeSized,
  found: ObjectState & { readonly state: 'damaged' },
): Promise<string | undefined> {
  if (found.isMovable) return objects.quarantine(hash, found.stamp);
  if (objects.stamp({ hash, size: 0 }) === undefined) await packs.forget([...(await packs.findAll([hash])).values()]);
  return undefined;
}
