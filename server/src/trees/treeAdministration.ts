import type { Selectable } from 'kysely';
import type { Database } from '../database/openDatabase';
import type { TreesTable } from '../database/tables';
import { OperatorError } from '../errors';

export interface DeletedTree {
  readonly id: number;
  /** Null when its purge has begun. */
  readonly name: string | null;
  readonly deletedAt: string;
  readonly revisions: number;
}

/** Renames, deletes and brings back trees. The caller ends the sessions and event streams. */
export class TreeAdministration {
  readonly #database: Database;
  readonly #now: () => Date;

  constructor(database: Database, now: () => Date) {
    this.#database = database;
    this.#now = now;
  }

  /** Tokens that are limited to the tree follow. Returns the tree's id. Throws OperatorError. */
  async rename(name: string, newName: string): Promise<number> {
    return this.#database.transaction().execute(async (transaction) => {
      const tree = await existingTree(transaction, name);
      if (newName === name) return tree.id;
      await requireFree(transaction, newName);
      await transaction.updateTable('trees').set({ name: newName }).where('id', '=', tree.id).execute();
      await leaveName(transaction, name, tree.id);
      await takeName(transaction, newName);
      const limited = transaction.selectFrom('token_trees').select('token_id').where('tree_name', '=', name);
      await transaction
        .insertInto('token_trees')
        .columns(['token_id', 'tree_name'])
        .expression(limited.select((query) => query.val(newName).as('tree_name')))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await transaction.deleteFrom('token_trees').where('tree_name', '=', name).execute();
      return tree.id;
    });
  }

  /** Returns the tree's id. It can be brought back until its purge begins. Throws OperatorError. */
  async delete(name: string): Promise<number> {
    return this.#database.transaction().execute(async (transaction) => {
      const { id } = await existingTree(transaction, name);
      const deleted = { name: `deleted ${id}`, deleted_name: name, deleted_at: this.#now().toISOString() };
      await transaction.updateTable('trees').set(deleted).where('id', '=', id).execute();
      await leaveName(transaction, name, id);
      return id;
    });
  }

  /** Brings the tree back that was deleted last under this name. Throws OperatorError. */
  async undelete(name: string): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      const tree = await transaction
        .selectFrom('trees')
        .select('id')
        .where('deleted_name', '=', name)
        .orderBy('deleted_at', 'desc')
        .orderBy('id', 'desc')
        .executeTakeFirst();
      if (tree === undefined) {
        const fix = 'Run "palmtree-server du" to see the deleted trees.';
        throw new OperatorError(`No deleted tree is named ${JSON.stringify(name)}. ${fix}`);
      }
      await requireFree(transaction, name);
      const restored = { name, deleted_name: null, deleted_at: null };
      await transaction.updateTable('trees').set(restored).where('id', '=', tree.id).execute();
      await takeName(transaction, name);
    });
  }

  /** The trees that were deleted before this time, or all deleted ones; in any case those whose purge has begun. */
  async deletedBefore(time: Date | 'now'): Promise<DeletedTree[]> {
    const deleted = this.#database
      .selectFrom('trees')
      .select(['id', 'deleted_name as name', 'deleted_at as deletedAt', 'head as revisions'])
      .where('deleted_at', 'is not', null)
      .$narrowType<{ deletedAt: string }>()
      .orderBy('id');
    if (time === 'now') return deleted.execute();
    return deleted
      .where((query) => query.or([query('deleted_at', '<', time.toISOString()), query('deleted_name', 'is', null)]))
      .execute();
  }
}

async function existingTree(database: Database, name: string): Promise<Pick<Selectable<TreesTable>, 'id'>> {
  const tree = await database
    .selectFrom('trees')
    .select('id')
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (tree === undefined) throw noTree(name);
  return tree;
}

export function noTree(name: string): OperatorError {
  const fix = 'Run "palmtree-server tree list" to see the trees.';
  return new OperatorError(`No tree is named ${JSON.stringify(name)}. ${fix}`);
}

async function requireFree(database: Database, name: string): Promise<void> {
  const tree = await database.selectFrom('trees').select('id').where('name', '=', name).executeTakeFirst();
  if (tree === undefined) return;
  throw new OperatorError(`A tree named ${JSON.stringify(name)} exists. Rename or delete that one first.`);
}

async function leaveName(database: Database, name: string, treeId: number): Promise<void> {
  await database
    .insertInto('former_names')
    .values({ name, tree_id: treeId })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ tree_id: treeId }))
    .execute();
}

async function takeName(database: Database, name: string): Promise<void> {
  await database.deleteFrom('former_names').where('name', '=', name).execute();
}
