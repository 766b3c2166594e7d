import { sql } from 'kysely';
import { inChunks } from '../../database/inChunks';
import type { Database } from '../../database/openDatabase';
import type { StoredPack } from '../packs/packRepository';
import { decodeRecipe, encodeRecipe } from './recipe';

/** The place of a chunk in a pack. */
export interface ChunkPlace {
  readonly id: number;
  /** SHA-256 in hex. */
  readonly hash: string;
  /** Bytes of the chunk. */
  readonly size: number;
  /** The name of the pack. */
  readonly pack: string;
  readonly packBytes: number;
  readonly offset: number;
  /** Bytes in the pack: compressed, unless they are as many as `size`. */
  readonly stored: number;
}

/** A chunk of a pack that is not in the database yet. */
export interface NewChunk {
  readonly hash: string;
  readonly size: number;
  readonly offset: number;
  readonly stored: number;
}

/** A content as a list of chunks. */
export interface Recipe {
  readonly hash: string;
  readonly size: number;
  /** The ids of its chunks, in order. */
  readonly chunks: readonly number[];
}

const recipesPerPage = 200;
const chunksPerPage = 1_000;

/** The chunks and recipes in the database. */
export class ChunkRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The recipes of the contents with these hashes, by hash. */
  async recipes(hashes: readonly string[]): Promise<Map<string, Recipe>> {
    const found = new Map<string, Recipe>();
    await inChunks(hashes, async (chunk) => {
      const rows = await this.#database
        .selectFrom('recipes')
        .selectAll()
        .where('hash', 'in', chunk.map(binary))
        .execute();
      for (const row of rows) found.set(hex(row.hash), toRecipe(row));
    });
    return found;
  }

  /** All recipes, in pages. */
  async *pagesOfRecipes(): AsyncGenerator<Recipe[]> {
    for (let after: Uint8Array = Buffer.alloc(0); ;) {
      const rows = await this.#database
        .selectFrom('recipes')
        .selectAll()
        .where('hash', '>', after)
        .orderBy('hash')
        .limit(recipesPerPage)
        .execute();
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows.map(toRecipe);
      after = last.hash;
    }
  }

  async putRecipes(recipes: readonly Recipe[]): Promise<void> {
    await inChunks(recipes, async (chunk) => {
      const rows = chunk.map(({ hash, size, chunks }) => ({ hash: binary(hash), size, chunks: encodeRecipe(chunks) }));
      await this.#database
        .insertInto('recipes')
        .values(rows)
        .onConflict((conflict) =>
          conflict
            .column('hash')
            .doUpdateSet((recipe) => ({ size: recipe.ref('excluded.size'), chunks: recipe.ref('excluded.chunks') })),
        )
        .execute();
    });
  }

  /** At most a thousand. */
  async removeRecipes(hashes: readonly string[]): Promise<void> {
    if (hashes.length === 0) return;
    await this.#database.deleteFrom('recipes').where('hash', 'in', hashes.map(binary)).execute();
  }

  /** The hashes of recipes that begin with `prefix`, of two digits. */
  async withPrefix(prefix: string): Promise<string[]> {
    const rows = await this.#database
      .selectFrom('recipes')
      .select('hash')
      .where('hash', '>=', binary(prefix))
      .where('hash', '<=', binary(prefix + 'ff'.repeat(31)))
      .execute();
    return rows.map(({ hash }) => hex(hash));
  }

  /** The places of the chunks with these ids, by id. Damaged ones have none. */
  async places(ids: readonly number[]): Promise<Map<number, ChunkPlace>> {
    const found = new Map<number, ChunkPlace>();
    await inChunks([...new Set(ids)], async (chunk) => {
      const rows = await this.#placed().where('chunks.id', 'in', chunk).execute();
      for (const row of rows) found.set(row.id, { ...row, hash: hex(row.hash) });
    });
    return found;
  }

  /** The bytes of the chunks with these ids, by id. Damaged ones are left out. */
  async sizes(ids: readonly number[]): Promise<Map<number, number>> {
    const sizes = new Map<number, number>();
    await inChunks([...new Set(ids)], async (chunk) => {
      const query = this.#database.selectFrom('chunks').select(['id', 'size']).where('pack_id', 'is not', null);
      for (const { id, size } of await query.where('id', 'in', chunk).execute()) sizes.set(id, size);
    });
    return sizes;
  }

  /** Up to a thousand chunks with greater ids than `after`. */
  async pageOfPlaces(after: number): Promise<ChunkPlace[]> {
    const rows = await this.#placed()
      .where('chunks.id', '>', after)
      .orderBy('chunks.id')
      .limit(chunksPerPage)
      .execute();
    return rows.map((row) => ({ ...row, hash: hex(row.hash) }));
  }

  #placed() {
    return this.#database
      .selectFrom('chunks')
      .innerJoin('packs', 'packs.id', 'chunks.pack_id')
      .select(['chunks.id', 'chunks.hash', 'chunks.size', 'packs.name as pack', 'packs.bytes as packBytes'])
      .select(['chunks.offset', 'chunks.stored']);
  }

  /** The ids of those chunks that the tree has whole, by hash. */
  async known(treeId: number, hashes: readonly string[]): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    await inChunks(hashes, async (chunk) => {
      const rows = await this.#database
        .selectFrom('chunks')
        .select(['id', 'hash'])
        .where('tree_id', '=', treeId)
        .where('hash', 'in', chunk.map(binary))
        .where('pack_id', 'is not', null)
        .execute();
      for (const { id, hash } of rows) found.set(hex(hash), id);
    });
    return found;
  }

  /** Adds a durable pack of new chunks. A chunk that was damaged is whole again, in all contents that have it. */
  async addPack(
    treeId: number,
    { name, bytes }: Pick<StoredPack, 'name' | 'bytes'>,
    chunks: readonly NewChunk[],
  ): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      const pack = transaction.insertInto('packs').values({ name, bytes }).returning('id');
      const { id } = await pack.executeTakeFirstOrThrow();
      await inChunks(chunks, async (page) => {
        const rows = page.map((chunk) => ({ ...chunk, hash: binary(chunk.hash), tree_id: treeId, pack_id: id }));
        await transaction
          .insertInto('chunks')
          .values(rows)
          .onConflict((conflict) =>
            conflict.columns(['tree_id', 'hash']).doUpdateSet((chunk) => ({
              pack_id: chunk.ref('excluded.pack_id'),
              offset: chunk.ref('excluded.offset'),
              stored: chunk.ref('excluded.stored'),
            })),
          )
          .execute();
      });
    });
  }

  /** Forgets where a damaged chunk is, unless it has another place by now. */
  async forget({ id, pack }: ChunkPlace): Promise<void> {
    await this.#database
      .updateTable('chunks')
      .set({ pack_id: null })
      .where('id', '=', id)
      .where('pack_id', 'in', (query) => query.selectFrom('packs').select('id').where('name', '=', pack))
      .execute();
  }

  /** Up to a thousand ids of chunks after `after`. */
  async pageOfIds(after: number): Promise<{ id: number }[]> {
    return this.#database
      .selectFrom('chunks')
      .select('id')
      .where('id', '>', after)
      .orderBy('id')
      .limit(chunksPerPage)
      .execute();
  }

  /** At most a thousand. */
  async removeChunks(ids: readonly number[]): Promise<void> {
    if (ids.length > 0) await this.#database.deleteFrom('chunks').where('id', 'in', ids).execute();
  }

  async lastChunkId(): Promise<number> {
    const { last } = await this.#database
      .selectFrom('chunks')
      .select(({ fn }) => fn.coalesce(fn.max('id'), sql<number>`0`).as('last'))
      .executeTakeFirstOrThrow();
    return last;
  }
}

function toRecipe({ hash, size, chunks }: { hash: Uint8Array; size: number; chunks: Uint8Array }): Recipe {
  return { hash: hex(hash), size, chunks: decodeRecipe(chunks) };
}

function binary(hash: string): Uint8Array {
  return Buffer.from(hash, 'hex');
}

function hex(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex');
}
