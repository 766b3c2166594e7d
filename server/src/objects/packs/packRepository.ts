import { sql, type RawBuilder, type SqlBool } from 'kysely';
import { inChunks } from '../../database/inChunks';
import type { Database } from '../../database/openDatabase';
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

/** A chunk in a pack. */
export interface PackedChunk {
  readonly id: number;
  readonly offset: number;
  /** Bytes in the pack. */
  readonly stored: number;
}

/** The new place of a chunk that another pack had. */
export interface ChunkMove extends Pick<PackedChunk, 'id' | 'offset'> {
  /** The id of the other pack. */
  readonly from: number;
}

export interface Moves {
  readonly slices: readonly Move[];
  readonly chunks: readonly ChunkMove[];
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

  /** Bytes of the slices and chunks of a pack. */
  async liveBytes(id: number): Promise<number> {
    const { rows } = await sql<{ bytes: number }>`
      select (select total(size) from slices where pack_id = ${id})
        + (select total(stored) from chunks where pack_id = ${id}) as bytes`.execute(this.#database);
    return rows[0]?.bytes ?? 0;
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

  /** The chunks of a pack in their order. */
  async chunksOf(id: number): Promise<PackedChunk[]> {
    return this.#database
      .selectFrom('chunks')
      .select(['id', 'offset', 'stored'])
      .where('pack_id', '=', id)
      .orderBy('offset')
      .execute();
  }

  /**
   * Adds a pack, moves slices and chunks to it, and removes those of the `sources` that have none then, in one transaction. One
   * that was removed or has got another place meanwhile stays as it is. Returns the removed packs. At most a thousand sources.
   */
  async replace(
    sources: readonly StoredPack[],
    target: Pick<StoredPack, 'name' | 'bytes'>,
    moves: Moves,
  ): Promise<StoredPack[]> {
    return this.#database.transaction().execute(async (transaction) => {
      if (moves.slices.length + moves.chunks.length > 0) await move(transaction, target, moves);
      const ids = sources.map(({ id }) => id);
      return transaction
        .deleteFrom('packs')
        .where('id', 'in', ids)
        .where(isEmptyPack(ids))
        .returning(['id', 'name', 'bytes'])
        .execute();
    });
  }
}

/** Whether nothing is in a pack, which is one of `ids`. */
export function isEmptyPack(ids: readonly number[]): RawBuilder<SqlBool> {
  const among = sql.join(ids);
  return sql<SqlBool>`packs.id not in (
    select pack_id from slices where pack_id in (${among})
    union all select pack_id from chunks where pack_id in (${among})
  )`;
}

async function move(
  transaction: Database,
  { name, bytes }: Pick<StoredPack, 'name' | 'bytes'>,
  { slices, chunks }: Moves,
): Promise<void> {
  const { id } = await transaction
    .insertInto('packs')
    .values({ name, bytes })
    .returning('id')
    .executeTakeFirstOrThrow();
  await inChunks(slices, async (chunk) => {
    const rows = chunk.map(({ hash, from, offset }) => sql`(${Buffer.from(hash, 'hex')}, ${from}, ${offset})`);
    await sql`
      with moves (hash, source, target) as (values ${sql.join(rows)})
      update slices set pack_id = ${id}, offset = moves.target from moves
      where slices.hash = moves.hash and slices.pack_id = moves.source`.execute(transaction);
  });
  await inChunks(chunks, async (page) => {
    const rows = page.map(({ id: chunk, from, offset }) => sql`(${chunk}, ${from}, ${offset})`);
    await sql`
      with moves (id, source, target) as (values ${sql.join(rows)})
      update chunks set pack_id = ${id}, offset = moves.target from moves
      where chunks.id = moves.id and chunks.pack_id = moves.source`.execute(transaction);
  });
}
