import { sql } from 'kysely';
import { maxFolders } from '../contract/limits';
import { inChunks } from '../database/inChunks';
import type { Database } from '../database/openDatabase';
import { WireError } from '../errors';

/** The tracked folders of the trees. */
export class FolderRepository {
  readonly #database: Database;
  readonly #now: () => Date;

  constructor(database: Database, now: () => Date) {
    this.#database = database;
    this.#now = now;
  }

  /**
   * The tracked folders, except those that had files and have none now: they were renamed or deleted, and a client must
   * not track them again.
   */
  async inUse(treeId: number): Promise<string[]> {
    const rows = await this.#database
      .selectFrom('folders')
      .select('path')
      .where('tree_id', '=', treeId)
      .where(isInUse)
      .orderBy('path')
      .execute();
    return rows.map(({ path }) => path);
  }

  /** Throws too_many_folders if the tree would have too many folders with `added`. A tree that has too many already may keep them. */
  async requireRoom(treeId: number, added: readonly string[]): Promise<void> {
    if (added.length === 0) return;
    const inUse = new Set(await this.inUse(treeId));
    const before = inUse.size;
    for (const path of added) inUse.add(path);
    if (inUse.size > before && inUse.size > maxFolders) throw tooMany(inUse.size);
  }

  /**
   * Adds folders, and removes those that a token with the same name has added. To be called in the transaction of a push,
   * after its changes. Throws too_many_folders.
   */
  async change(
    treeId: number,
    tokenName: string,
    { added, removed }: { readonly added: readonly string[]; readonly removed: readonly string[] },
  ): Promise<void> {
    await inChunks(removed, async (chunk) => {
      await this.#database
        .deleteFrom('folders')
        .where('tree_id', '=', treeId)
        .where('token_name', '=', tokenName)
        .where('path', 'in', chunk)
        .execute();
    });
    const before = await this.#count(treeId);
    const created_at = this.#now().toISOString();
    await inChunks(added, async (chunk) => {
      const rows = chunk.map((path) => ({ tree_id: treeId, path, token_name: tokenName, created_at }));
      await this.#database
        .insertInto('folders')
        .values(rows)
        .onConflict((conflict) => conflict.columns(['tree_id', 'path']).doNothing())
        .execute();
    });
    const count = await this.#count(treeId);
    if (count <= maxFolders || count === before) return;
    await this.#database
      .deleteFrom('folders')
      .where('tree_id', '=', treeId)
      .where(sql<boolean>`not ${isInUse}`)
      .execute();
    const left = await this.#count(treeId);
    if (left > maxFolders) throw tooMany(left);
  }

  async #count(treeId: number): Promise<number> {
    const { count } = await this.#database
      .selectFrom('folders')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('tree_id', '=', treeId)
      .executeTakeFirstOrThrow();
    return count;
  }
}

const entryIn = sql`select 1 from entries where entries.tree_id = folders.tree_id
  and entries.path > folders.path || '/' and entries.path < folders.path || '0'`;
const isInUse = sql<boolean>`(
  folders.path = '' or exists (${entryIn} and entries.op = 'put') or not exists (${entryIn})
)`;

function tooMany(count: number): WireError {
  return new WireError('too_many_folders', `a tree may have ${maxFolders} tracked folders, not ${count}`);
}
