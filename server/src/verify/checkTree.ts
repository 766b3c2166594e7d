import { sql } from 'kysely';
import { goesUpAgain, linkFault, LinkResolver, linkFaultTexts } from '../contract/links';
import type { Database } from '../database/openDatabase';
import { EntryRepository } from '../trees/entryRepository';
import type { Tree } from '../trees/treeRepository';
import type { TreeDamage } from './damage';
import { pageOfEntries, pageOfMarks, pageOfVersions } from './treePages';
import type { VerifyServices, VerifyTask } from './verifyTask';

/** Compares the entries of a tree with its versions, and the symlinks of its head with the rules for links. */
export async function checkTree(services: VerifyServices, task: VerifyTask, tree: Tree): Promise<void> {
  const report = (damage: Omit<TreeDamage, 'tree'>): void => task.onDamage({ ...damage, tree: tree.name });
  const headFault = await services.withDatabase((database) => faultOfHead(database, tree.id));
  if (headFault !== undefined) report({ kind: 'head', fault: headFault });
  for (const readPage of [pageOfEntries, pageOfVersions, pageOfMarks]) {
    for (let after: string | undefined = ''; after !== undefined;) {
      task.signal.throwIfAborted();
      const from: string = after;
      const page = await services.withDatabase((database) => readPage(database, tree.id, from));
      for (const damage of page.damages) report(damage);
      after = page.after;
    }
  }
  const links = await services.withDatabase((database) => new EntryRepository(database).headLinks(tree.id));
  for (const damage of faultyLinks(links)) report(damage);
}

async function faultOfHead(database: Database, treeId: number): Promise<string | undefined> {
  const tree = await database
    .selectFrom('trees')
    .leftJoin('revisions', 'revisions.tree_id', 'trees.id')
    .select(({ fn }) => ['trees.head', fn.coalesce(fn.max('revisions.number'), sql<number>`0`).as('newest')])
    .where('trees.id', '=', treeId)
    .groupBy('trees.id')
    .executeTakeFirst();
  if (tree === undefined || tree.head === tree.newest) return undefined;
  return `its head is ${tree.head}, and its newest revision is ${tree.newest}`;
}

function* faultyLinks(links: ReadonlyMap<string, string>): Generator<Omit<TreeDamage, 'tree'>> {
  const resolver = new LinkResolver(links);
  for (const [path, target] of links) {
    const fault = linkFault(path, target) ?? (leadsOutside(resolver, path, target) ? 'outside' : undefined);
    if (fault !== undefined) yield { kind: 'link', path, fault: `the symlink ${linkFaultTexts[fault]}` };
  }
}

function leadsOutside(resolver: LinkResolver, path: string, target: string): boolean {
  return goesUpAgain(target) && resolver.wayOutside(path) !== undefined;
}
