import { sql } from 'kysely';
import type { Database } from '../database/openDatabase';
import type { Content } from '../objects/content';

const versionsPerPage = 500;

/** Finds the contents of a tree that no head has. */
export class ColdContents {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The ids of all trees. */
  async trees(): Promise<number[]> {
    const rows = await this.#database.selectFrom('trees').select('id').orderBy('id').execute();
    return rows.map(({ id }) => id);
  }

  /** Pages of cold contents, versions of a path next to each other. A content that several versions have may appear several times. */
  async *pagesOf(treeId: number): AsyncGenerator<Content[]> {
    for (let last = { path: '', revision: 0 }; ;) {
      const { rows } = await sql<{ path: string; revision: number; hash: string | null; size: number; kind: string }>`
        select path, revision, hash, size, kind from versions
        where tree_id = ${treeId} and (path, revision) > (${last.path}, ${last.revision})
        order by path, revision limit ${versionsPerPage}`.execute(this.#database);
      const newest = rows.at(-1);
      if (newest === undefined) return;
      last = newest;
      const contents = new Map<string, Content>();
      for (const { hash, size, kind } of rows) {
        if (kind === 'file' && hash !== null && size > 0) contents.set(hash, { hash, size });
      }
      const hot = await this.hot([...contents.keys()]);
      yield [...contents.values()].filter(({ hash }) => !hot.has(hash));
    }
  }

  /** Returns those of `hashes`, at most a thousand, that a head has, in any tree. */
  async hot(hashes: readonly string[]): Promise<Set<string>> {
    if (hashes.length === 0) return new Set();
    const { rows } = await sql<{ hash: string }>`
      select distinct version.hash from versions version
      join entries entry on entry.tree_id = version.tree_id and entry.path = version.path
        and entry.revision = version.revision
      where version.hash in (${sql.join(hashes)}) and version.kind = 'file'`.execute(this.#database);
    return new Set(rows.map(({ hash }) => hash));
  }
}
