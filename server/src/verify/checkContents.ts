import { inParallel } from '../concurrency/inParallel';
import type { Content } from '../objects/content';
import type { ObjectState } from '../objects/inspectObject';
import { ContentRepository, hashPrefixes } from '../trees/contentRepository';
import { contentFault, type MaybeUsed } from './contentFault';
import type { VerifyServices, VerifyTask } from './verifyTask';

/** One file is read while another is hashed. */
const maxParallelReads = 2;

/**
 * Compares each content that a version has, and each stored object, with its hash and its declared size. Damaged objects
 * are moved to the quarantine. `count` is the number of contents. Pushes and removals go on meanwhile, so whatever looks wrong is looked at again.
 */
export async function checkContents(services: VerifyServices, task: VerifyTask, count: number): Promise<void> {
  for (const prefix of hashPrefixes(count)) {
    const named = await services.withDatabase((database) => {
      return new ContentRepository(database, task.treeIds).withPrefix(prefix);
    });
    await inParallel(named, maxParallelReads, (content) => checkContent(services, task, content));
    if (task.treeIds === undefined) await checkUnused(services, task, prefix, new Set(named.map(({ hash }) => hash)));
  }
}

/** A push may have stored some of them since, and gc may remove others meanwhile. */
async function checkUnused(
  services: VerifyServices,
  task: VerifyTask,
  prefix: string,
  named: ReadonlySet<string>,
): Promise<void> {
  const unused = services.objects.stored(prefix).filter((hash) => !named.has(hash));
  await inParallel(unused, maxParallelReads, async (hash) => {
    task.signal.throwIfAborted();
    const found = await services.objects.inspect({ hash }, task.quick);
    if (found.state === 'damaged') await reportDamaged(services, task, { hash });
  });
}

async function checkContent(services: VerifyServices, task: VerifyTask, content: Content): Promise<void> {
  task.signal.throwIfAborted();
  const found = await services.objects.inspect(content, task.quick);
  if (!isWhole(found, content)) await reportDamaged(services, task, content);
  task.onContent(content.size);
}

function isWhole(found: ObjectState, { size }: MaybeUsed): boolean {
  return found.state === 'whole' && found.size === size;
}

/** Looks again, since a push may have repaired the content, or a removal may have removed its versions too. */
async function reportDamaged(services: VerifyServices, task: VerifyTask, content: MaybeUsed): Promise<void> {
  const { objects } = services;
  const fault = await services.withDatabase((database) => {
    return contentFault(objects, new ContentRepository(database), content);
  });
  if (fault === undefined) return;
  const { found, damage } = fault;
  const isMoved = found.state === 'damaged' && found.isMovable && !task.dryRun;
  const quarantined = isMoved ? objects.quarantine(content.hash, found.stamp) : undefined;
  task.onDamage(quarantined === undefined ? damage : { ...damage, quarantined });
}
