import { sql } from 'kysely';
import { inChunks } from '../database/inChunks';
import type { Database } from '../database/openDatabase';
import type { Slice } from './pack';

/** A pack in the database. */
export interface StoredPack {
  readonly id: number;
  readonly name: string;
  /** Bytes of the file. */
  readonly bytes: number;
}

/** The new place of a content that another pack had. */
export interface Move extends Slice {
  /** The id of the other pack. */
  readonly from: number;
}

const packsPerQuery = 1_000;

/** The packs as wholes. */
export class PackRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Those that are there at the beginning, and perhaps later ones, in the order of their ids. */
  async *list(): AsyncGenerator<StoredPack> {
    for (let after = 0; ;) {
      const packs = await this.#database
        .selectFrom('packs')
        .select(['id', 'name', 'bytes'])
        .where('id', '>', after)
        .orderBy('id')
        .limit(packsPerQuery)
        .execute();
      const last = packs.at(-1);
      if (last === undefined) return;
      yield* packs;
      after = last.id;
    }
  }

  /** Bytes of the slices of a pack. */
  async liveBytes(id: number): Promise<number> {
    const { bytes } = await this.#database
      .selectFrom('slices')
      .select(sql<number>`total(size)`.as('bytes'))
      .where('pack_id', '=', id)
      .executeTakeFirstOrThrow();
    return bytes;
  }

  /** The slices of a pack in their order. */
  async slicesOf(id: number): Promise<Slice[]> {
    const rows = await this.#database
      .selectFrom('slices')
      .select(['hash', 'offset', 'size'])
      .where('pack_id', '=', id)
      .orderBy('offset')
      .execute();
    return rows.map(({ hash, offset, size }) => ({ hash: Buffer.from(hash).toString('hex'), offset, size }));
  }

  /**
   * Adds a pack, moves slices to it, and removes those of the `sources` that have no slice then, in one transaction. A slice
   * that was removed or has got another place meanwhile stays as it is. Returns the removed packs.
   */
  async replace(
    sources: readonly StoredPack[],
    target: Pick<StoredPack, 'name' | 'bytes'>,
    moves: readonly Move[],
  ): Promise<StoredPack[]> {
    return this.#database.transaction().execute(async (transaction) => {
      if (moves.length > 0) await moveSlices(transaction, target, moves);
      const ids = sources.map(({ id }) => id);
      return transaction
        .deleteFrom('packs')
        .where('id', 'in', ids)
        .where('id', 'not in', (query) => query.selectFrom('slices').select('pack_id').where('pack_id', 'in', ids))
        .returning(['id', 'name', 'bytes'])
        .execute();
    });
  }
}

async function moveSlices(
  transaction: Database,
  { name, bytes }: Pick<StoredPack, 'name' | 'bytes'>,
  moves: readonly Move[],
): Promise<void> {
  const { id } = await transaction
    .insertInto('packs')
    .values({ name, bytes })
    .returning('id')
    .executeTakeFirstOrThrow();
  await inChunks(moves, async (chunk) => {
    const rows = chunk.map(({ hash, from, offset }) => sql`(${Buffer.from(hash, 'hex')}, ${from}, ${offset})`);
    await sql`
      with moves (hash, source, target) as (values ${sql.join(rows)})
      update slices set pack_id = ${id}, offset = moves.target from moves
      where slices.hash = moves.hash and slices.pack_id = moves.source`.execute(transaction);
  });
}
