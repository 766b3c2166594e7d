import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../database/openDatabase';

export interface TreeContent {
  readonly name: string;
  readonly deletedAt: string | null;
  /** Bytes of the different contents that the head has. */
  readonly head: number;
  /** Bytes of the different contents that only older revisions have. */
  readonly history: number;
  /** Bytes of those of head and history that another tree has, too. They are stored once. */
  readonly shared: number;
}

interface Sums {
  head: number;
  history: number;
  shared: number;
}

/** A content that a tree has. */
interface Use {
  readonly hash: string;
  readonly treeId: number;
  readonly size: number;
  readonly isAtHead: number;
}

/** Contents that one query reads: some tens of milliseconds of work. */
const usesPerQuery = 2_000;
/** Contents between two reports. */
const usesPerReport = 1_000_000;

/** The contents of each tree, by the bytes that they have, whatever they take on the disk. */
export class TreeContents {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Reads all versions, in short queries, by their contents. Sorted by name; a deleted tree has its former name. */
  async list(work: { readonly signal: AbortSignal; report(progress: string): void }): Promise<TreeContent[]> {
    const trees = await this.#database
      .selectFrom('trees')
      .select(['id', 'name', 'deleted_name', 'deleted_at'])
      .orderBy('name')
      .execute();
    const sums = new Map<number, Sums>(trees.map(({ id }) => [id, { head: 0, history: 0, shared: 0 }]));
    let ofOneContent: Use[] = [];
    const add = (): void => {
      for (const { treeId, size, isAtHead } of ofOneContent) {
        const sum = sums.get(treeId);
        if (sum === undefined) continue;
        sum[isAtHead === 1 ? 'head' : 'history'] += size;
        if (ofOneContent.length > 1) sum.shared += size;
      }
    };
    for await (const uses of this.#uses(work)) {
      for (const use of uses) {
        if (ofOneContent[0]?.hash !== use.hash) {
          add();
          ofOneContent = [];
        }
        ofOneContent.push(use);
      }
    }
    add();
    return trees.map(({ id, name, deleted_name: deletedName, deleted_at: deletedAt }) => {
      const { head = 0, history = 0, shared = 0 } = sums.get(id) ?? {};
      return { name: deletedAt === null ? name : (deletedName ?? name), deletedAt, head, history, shared };
    });
  }

  /** All uses of contents by trees, sorted by content. */
  async *#uses(work: { readonly signal: AbortSignal; report(progress: string): void }): AsyncGenerator<Use[]> {
    let last = { hash: '', treeId: 0 };
    for (let count = 0; ;) {
      work.signal.throwIfAborted();
      const uses: Use[] = await this.#database
        .selectFrom('versions as version')
        .innerJoin('entries as entry', (join) =>
          join.onRef('entry.tree_id', '=', 'version.tree_id').onRef('entry.path', '=', 'version.path'),
        )
        .select(({ fn }) => [
          sql<string>`version.hash`.as('hash'),
          'version.tree_id as treeId',
          fn.coalesce(fn.max('version.size'), sql<number>`0`).as('size'),
          sql<number>`max(entry.revision = version.revision)`.as('isAtHead'),
        ])
        // Implied by the next condition, but only this one lets SQLite take the index of contents.
        .where('version.hash', '>=', last.hash)
        .where(sql<boolean>`(version.hash, version.tree_id) > (${last.hash}, ${last.treeId})`)
        .where('version.kind', '=', 'file')
        .groupBy(['version.hash', 'version.tree_id'])
        .orderBy('version.hash')
        .orderBy('version.tree_id')
        .limit(usesPerQuery)
        .execute();
      const newest = uses.at(-1);
      if (newest === undefined) return;
      yield uses;
      last = newest;
      const before = count;
      count += uses.length;
      if (Math.floor(before / usesPerReport) < Math.floor(count / usesPerReport)) {
        work.report(`Has looked at ${count} contents.`);
      }
      await nextTurn();
    }
  }
}
