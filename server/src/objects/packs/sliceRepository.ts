import { sql } from 'kysely';
import { inChunks } from '../../database/inChunks';
import { listedBlobs } from '../../database/listedBlobs';
import type { Database } from '../../database/openDatabase';
import type { Slice } from './pack';
import { isEmptyPack } from './packRepository';

/** A slice of a pack that is stored. */
export interface StoredSlice extends Slice {
  /** The name of the pack. */
  readonly pack: string;
  /** The bytes of the whole pack. */
  readonly packBytes: number;
}

export interface NewPack {
  readonly name: string;
  readonly bytes: number;
  readonly slices: readonly Slice[];
}

/** The table of contents of all packs. */
export class SliceRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The slices with these hashes, by hash. */
  async find(hashes: readonly string[]): Promise<Map<string, StoredSlice>> {
    const found = new Map<string, StoredSlice>();
    await inChunks(hashes, async (chunk) => {
      const rows = await this.#database
        .selectFrom('slices')
        .innerJoin('packs', 'packs.id', 'slices.pack_id')
        .select(sql<string>`lower(hex(slices.hash))`.as('hash'))
        .select(['slices.offset', 'slices.size', 'packs.name as pack', 'packs.bytes as packBytes'])
        .where('slices.hash', 'in', listedBlobs(chunk))
        .execute();
      for (const slice of rows) found.set(slice.hash, slice);
    });
    return found;
  }

  /** Adds a pack, whose file is durable. Its contents are read from there from now on. */
  async add({ name, bytes, slices }: NewPack): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      const { id } = await transaction
        .insertInto('packs')
        .values({ name, bytes })
        .returning('id')
        .executeTakeFirstOrThrow();
      // In the order of the index: random inserts took half as long again.
      const sorted = slices.toSorted((a, b) => (a.hash < b.hash ? -1 : 1));
      await inChunks(sorted, async (chunk) => {
        const rows = chunk.map(({ hash, offset, size }) => ({ hash: binary(hash), pack_id: id, offset, size }));
        await transaction
          .insertInto('slices')
          .values(rows)
          .onConflict((conflict) =>
            conflict.column('hash').doUpdateSet((slice) => ({
              pack_id: slice.ref('excluded.pack_id'),
              offset: slice.ref('excluded.offset'),
              size: slice.ref('excluded.size'),
            })),
          )
          .execute();
      });
    });
  }

  /**
   * Removes the slices with these hashes, at most a thousand, and returns the ids of their packs. The statement waits in the
   * queue of writes before any that a later turn of the event loop begins.
   */
  async remove(hashes: readonly string[]): Promise<Set<number>> {
    if (hashes.length === 0) return new Set();
    const removed = await this.#database
      .deleteFrom('slices')
      .where('hash', 'in', hashes.map(binary))
      .returning('pack_id')
      .execute();
    return new Set(removed.map((slice) => slice.pack_id));
  }

  /** Removes these slices, as far as they are still where they were found. */
  async removeAt(slices: readonly StoredSlice[]): Promise<void> {
    for (const pack of byPack(slices)) {
      await inChunks(pack, async (chunk) => {
        await this.#database
          .deleteFrom('slices')
          .where(
            'hash',
            'in',
            chunk.map(({ hash }) => binary(hash)),
          )
          .where('pack_id', 'in', (query) => query.selectFrom('packs').select('id').where('name', '=', pack[0].pack))
          .execute();
      });
    }
  }

  /** The hashes that begin with `prefix`, of two digits. */
  async withPrefix(prefix: string): Promise<string[]> {
    const rows = await this.#database
      .selectFrom('slices')
      .select('hash')
      .where('hash', '>=', binary(prefix))
      .where('hash', '<=', binary(prefix + 'ff'.repeat(31)))
      .execute();
    return rows.map(({ hash }) => Buffer.from(hash).toString('hex'));
  }

  async packNames(): Promise<string[]> {
    const rows = await this.#database.selectFrom('packs').select('name').execute();
    return rows.map(({ name }) => name);
  }

  /** The names of the packs that have no other slices than these. */
  async packsOfOnly(hashes: readonly string[]): Promise<string[]> {
    const counts = new Map<string, number>();
    for (const { pack } of (await this.find(hashes)).values()) counts.set(pack, (counts.get(pack) ?? 0) + 1);
    const rows = await this.#database
      .selectFrom('packs')
      .innerJoin('slices', 'slices.pack_id', 'packs.id')
      .select(({ fn }) => ['packs.name', fn.countAll<number>().as('count')])
      .groupBy('packs.id')
      .execute();
    return rows.flatMap(({ name, count }) => (counts.get(name) === count ? [name] : []));
  }

  /** Removes those of the packs that have nothing any more. Returns their names. */
  async removeEmptyPacks(ids: ReadonlySet<number>): Promise<string[]> {
    const names: string[] = [];
    await inChunks([...ids], async (chunk) => {
      const removed = await this.#database
        .deleteFrom('packs')
        .where('id', 'in', chunk)
        .where(isEmptyPack(chunk))
        .returning('name')
        .execute();
      for (const { name } of removed) names.push(name);
    });
    return names;
  }
}

/** Groups slices by their pack, in the order of the offsets. */
export function byPack<T extends StoredSlice>(slices: Iterable<T>): [T, ...T[]][] {
  const packs = new Map<string, [T, ...T[]]>();
  for (const slice of slices) {
    const pack = packs.get(slice.pack);
    if (pack === undefined) packs.set(slice.pack, [slice]);
    else pack.push(slice);
  }
  return Array.from(packs.values(), (pack) => pack.sort((a, b) => a.offset - b.offset));
}

function binary(hash: string): Uint8Array {
  return Buffer.from(hash, 'hex');
}
