import { WireError } from '../app/wireError';
import type { FileTable, TreeSummary } from '../contract/schemas';
import type { Database } from '../database/openDatabase';
import { toTableEntry, versionColumns } from './entry';

export interface Tree {
  readonly id: number;
  readonly name: string;
  readonly head: number;
}

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
    const rows = await this.#database.selectFrom('trees').select(['name', 'head']).orderBy('name').execute();
    return rows.map(({ name, head }) => ({ name, revision: head }));
  }

  async find(name: string): Promise<Tree> {
    const tree = await this.#database
      .selectFrom('trees')
      .select(['id', 'name', 'head'])
      .where('name', '=', name)
      .executeTakeFirst();
    if (tree === undefined) throw new WireError('tree_not_found', `there is no tree ${name}`);
    return tree;
  }

  async ensure(name: string): Promise<{ created: boolean; tree: Tree }> {
    const inserted = await this.#database
      .insertInto('trees')
      .values({ name, head: 0, created_at: this.#now().toISOString() })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .executeTakeFirst();
    const created = (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
    return { created, tree: await this.find(name) };
  }

  /** Head, folders and entries are of one moment. */
  async table(name: string, since: number): Promise<FileTable> {
    return this.#database.transaction().execute(async (transaction) => {
      const tree = await new TreeRepository(transaction, this.#now).find(name);
      requireRevision(tree, since);
      let query = transaction.selectFrom('entries').select(versionColumns).where('tree_id', '=', tree.id);
      if (since > 0) query = query.where('revision', '>', since);
      else query = query.where('op', '=', 'put');
      const rows = await query.orderBy('path').execute();
      const folders = await transaction
        .selectFrom('folders')
        .select('path')
        .where('tree_id', '=', tree.id)
        .orderBy('path')
        .execute();
      return {
        revision: tree.head,
        folders: folders.map((folder) => folder.path),
        files: rows.map(toTableEntry),
      };
    });
  }
}
