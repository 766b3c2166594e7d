import { sql, type RawBuilder } from 'kysely';
import type { Database } from '../database/openDatabase';

interface StoredContent {
  /** SHA-256 in hex. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
}

/** A version whose file has a content. */
export interface ContentUse {
  readonly tree: string;
  readonly path: string;
  readonly revision: number;
  /** Whether it is its path's version at the tree's head. */
  readonly isHead: boolean;
}

/** Contents of a batch, of which one is in memory at a time. */
const batchContents = 50_000;

/** The beginnings of hashes that divide `count` contents into batches, in their order. */
export function hashPrefixes(count: number): readonly string[] {
  const digits = count <= batchContents ? 0 : count <= 16 * batchContents ? 1 : 2;
  if (digits === 0) return [''];
  return Array.from({ length: 16 ** digits }, (_, number) => number.toString(16).padStart(digits, '0'));
}

/** The contents that the versions of all trees, or of some, have as regular files. */
export class ContentRepository {
  readonly #database: Database;
  readonly #isInTrees: RawBuilder<unknown>;

  constructor(database: Database, treeIds?: readonly number[]) {
    this.#database = database;
    this.#isInTrees = treeIds === undefined ? sql`true` : sql`tree_id in (${sql.join(treeIds)})`;
  }

  /** The number and the bytes of all contents. */
  async totals(): Promise<{ count: number; bytes: number }> {
    const { rows } = await sql<{ count: number; bytes: number }>`
      select count(*) as count, coalesce(sum(size), 0) as bytes from (
        select distinct hash, size from versions where kind = 'file' and ${this.#isInTrees}
      )`.execute(this.#database);
    return rows[0] ?? { count: 0, bytes: 0 };
  }

  /** The contents whose hash begins with `prefix`, sorted. A hash that has two sizes in the database appears twice. */
  async withPrefix(prefix: string): Promise<StoredContent[]> {
    // "g" is greater than every digit that can follow.
    const { rows } = await sql<StoredContent>`
      select distinct hash, size from versions
      where ${this.#isInTrees} and hash >= ${prefix} and hash < ${`${prefix}g`} and kind = 'file'
      order by hash, size`.execute(this.#database);
    return rows;
  }

  /** Up to `limit` versions that have the content, of any size if none is given, those of heads first, and the number of all. */
  async usesOf(
    { hash, size }: { hash: string; size?: number },
    limit: number,
  ): Promise<{ uses: ContentUse[]; count: number }> {
    const isUse = sql`version.hash = ${hash}
      and version.size = ${size ?? sql`version.size`} and version.kind = 'file'`;
    const { rows } = await sql<{ tree: string; path: string; revision: number; is_head: number; count: number }>`
      select tree.name as tree, version.path, version.revision, entry.path is not null as is_head, count(*) over () as count
      from versions as version
      join trees as tree on tree.id = version.tree_id
      left join entries as entry on entry.tree_id = version.tree_id and entry.path = version.path
        and entry.revision = version.revision
      where ${isUse}
      order by is_head desc, version.revision desc, version.path limit ${limit}`.execute(this.#database);
    const uses = rows.map(({ tree, path, revision, is_head: isHead }) => {
      return { tree, path, revision, isHead: isHead === 1 };
    });
    return { uses, count: rows[0]?.count ?? 0 };
  }
}
