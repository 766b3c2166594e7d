import type { Database } from '../database/openDatabase';
import { isDamage } from '../database/sqliteError';
import { ContentRepository } from '../trees/contentRepository';
import { TreeRepository, type Tree } from '../trees/treeRepository';
import { checkContents } from './checkContents';
import { checkDatabase } from './checkDatabase';
import { checkTree } from './checkTree';
import type { Damage } from './damage';
import type { VerifyRequest, VerifyServices, VerifyTask } from './verifyTask';

export interface VerifyResult {
  readonly trees: number;
  readonly contents: number;
  /** Bytes of the contents. */
  readonly bytes: number;
  readonly damages: number;
}

/**
 * Checks the database, each tree, each content that a version has, and each stored object. Pushes, pulls and removals may
 * go on meanwhile. Throws tree_not_found.
 */
export async function verify(services: VerifyServices, request: VerifyRequest): Promise<VerifyResult> {
  let damages = 0;
  const onDamage = (damage: Damage): void => {
    damages++;
    request.onDamage(damage);
  };
  for (const damage of await services.withDatabase((database) => checkDatabase(database, request))) onDamage(damage);
  const result = { trees: 0, contents: 0, bytes: 0 };
  try {
    const trees = await services.withDatabase((database) => findTrees(database, request.treeNames));
    const treeIds = request.treeNames === undefined ? undefined : trees.map(({ id }) => id);
    const task: VerifyTask = { ...request, onDamage, treeIds };
    for (const tree of trees) await checkTree(services, task, tree);
    const { count, bytes } = await services.withDatabase((database) =>
      new ContentRepository(database, treeIds).totals(),
    );
    Object.assign(result, { trees: trees.length, contents: count, bytes });
    request.onTotal(bytes);
    await checkContents(services, task, count);
  } catch (error) {
    if (!isDamage(error)) throw error;
    onDamage({ kind: 'database', fault: `cannot be read to its end (${error.message})` });
  }
  return { ...result, damages };
}

async function findTrees(database: Database, names: readonly string[] | undefined): Promise<Tree[]> {
  const trees = new TreeRepository(database, () => new Date());
  const chosen = names ?? (await trees.list()).map(({ name }) => name);
  return Promise.all([...new Set(chosen)].map((name) => trees.find(name)));
}
