import { sql } from 'kysely';
import type * as z from 'zod';
import type { TableEntry, TreeSummary, tableHead } from '../contract/schemas';
import type { Database } from '../database/openDatabase';
import { WireError } from '../errors';
import type { PagedList } from '../http/pagedList';
import { FolderRepository } from './folderRepository';
import { countEntries, tablePages } from './tablePages';

export interface Tree {
  readonly id: number;
  readonly name: string;
  readonly head: number;
}

/** The head and the entries of a file table, which are read while they are sent. */
export interface Table extends PagedList<TableEntry> {
  readonly head: z.infer<typeof tableHead>;
}

interface TableRequest {
  readonly since: number;
  readonly sinceId?: string | undefined;
  /** The name of the token that the table is for. */
  readonly reader: string;
}

/** A client needs to know that there are others, and to name some. */
const maxWriters = 20;

/** Throws revision_not_found. */
export function requireRevision({ name, head }: Tree, revision: number): void {
  if (revision <= head) return;
  throw new WireError('revision_not_found', `${name} is at revision ${head}, not ${revision}`, { head });
}

export class TreeRepository {
  readonly #database: Database;
  readonly #now: () => Date;

  constructor(database: Database, now: () => Date) {
    this.#database = database;
    this.#now = now;
  }

  async list(): Promise<TreeSummary[]> {
    const rows = await this.#database
      .selectFrom('trees')
      .select(['name', 'head'])
      .where('deleted_at', 'is', null)
      .orderBy('name')
      .execute();
    return rows.map(({ name, head }) => ({ name, revision: head }));
  }

  /** Throws tree_not_found. */
  async find(name: string): Promise<Tree> {
    const tree = await this.#database
      .selectFrom('trees')
      .select(['id', 'name', 'head'])
      .where('name', '=', name)
      .executeTakeFirst();
    if (tree === undefined) throw new WireError('tree_not_found', `the tree ${name} does not exist`);
    return tree;
  }

  async has(name: string): Promise<boolean> {
    const row = await this.#database.selectFrom('trees').select('id').where('name', '=', name).executeTakeFirst();
    return row !== undefined;
  }

  async ensure(name: string): Promise<{ created: boolean; tree: Tree }> {
    return this.#database.transaction().execute(async (transaction) => {
      const inserted = await transaction
        .insertInto('trees')
        .values({ name, head: 0, created_at: this.#now().toISOString() })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .executeTakeFirst();
      const created = (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
      if (created) await transaction.deleteFrom('former_names').where('name', '=', name).execute();
      return { created, tree: await new TreeRepository(transaction, this.#now).find(name) };
    });
  }

  /** The fate of the last tree that had this name: its new name, or 'deleted'. Undefined if there is nothing to tell. */
  async fateOf(name: string): Promise<{ readonly renamedTo: string } | 'deleted' | undefined> {
    const former = await this.#database
      .selectFrom('former_names')
      .leftJoin('trees', 'trees.id', 'former_names.tree_id')
      .select(['trees.name', 'trees.deleted_at'])
      .where('former_names.name', '=', name)
      .executeTakeFirst();
    if (former === undefined) return undefined;
    return former.name === null || former.deleted_at !== null ? 'deleted' : { renamedTo: former.name };
  }

  /** The id of an existing revision; revision 0 has the id ''. */
  async revisionId(treeId: number, number: number): Promise<string> {
    const row = await this.#database
      .selectFrom('revisions')
      .select('push_id')
      .where('tree_id', '=', treeId)
      .where('number', '=', number)
      .executeTakeFirst();
    return row?.push_id ?? '';
  }

  /** Throws revision_not_found unless the tree has the revision, with this id if one is given. */
  async requireKnown(tree: Tree, revision: number, id: string | undefined): Promise<void> {
    requireRevision(tree, revision);
    if (id === undefined || (await this.revisionId(tree.id, revision)) === id) return;
    const message = `revision ${revision} of ${tree.name} has another id on this server`;
    throw new WireError('revision_not_found', message, { head: tree.head });
  }

  /**
   * The file table for the token named `reader`, at the revision of one snapshot. `sinceId` is the client's id of
   * revision `since`. Throws tree_not_found, revision_not_found.
   */
  async table(name: string, { since, sinceId, reader }: TableRequest): Promise<Table> {
    const snapshot = this.#database.transaction().setAccessMode('read only');
    return snapshot.execute(async (transaction) => {
      const trees = new TreeRepository(transaction, this.#now);
      const tree = await trees.find(name);
      await trees.requireKnown(tree, since, sinceId);
      const range = { treeId: tree.id, since, head: tree.head };
      const count = await countEntries(transaction, range);
      const head = {
        revision: tree.head,
        id: await trees.revisionId(tree.id, tree.head),
        folders: await new FolderRepository(transaction, this.#now).inUse(tree.id),
        otherWriters: await writersExcept(transaction, tree.id, reader),
        count,
      };
      return { head, pages: tablePages(this.#database, range, count) };
    });
  }
}

/**
 * The names of the tokens, other than `reader`, that have pushed to the tree or added a tracked folder; at most
 * `maxWriters`. Each step of the recursion jumps to the next name in the index, however many revisions the tree has.
 */
async function writersExcept(database: Database, treeId: number, reader: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    with recursive writers(name) as (
      select min(token_name) from revisions where tree_id = ${treeId}
      union all
      select (select min(token_name) from revisions where tree_id = ${treeId} and token_name > writers.name)
      from writers where writers.name is not null
    )
    select name from writers where name is not null and name <> ${reader}
    union
    select token_name from folders where tree_id = ${treeId} and token_name <> ${reader}
    order by name limit ${maxWriters}
  `.execute(database);
  return rows.map(({ name }) => name);
}
