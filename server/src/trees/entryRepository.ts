import { sql } from 'kysely';
import { maxItems } from '../contract/limits';
import type { FileEntry } from '../contract/schemas';
import { inChunks } from '../database/inChunks';
import type { Database } from '../database/openDatabase';
import { WireError } from '../errors';
import { toFileEntry, versionColumns } from './entry';
import { PageSize } from './pageSize';
import { RemovedVersions } from './removedVersions';

/** More paths are read in their order; so few are found by the index of revisions. */
const maxPathsAtOnce = 10_000;
/** The paths that are found at once have no more characters than this in all. */
const maxCharsAtOnce = 1 << 20;

interface StatesAt {
  readonly found: Map<string, FileEntry>;
  readonly removed: ReadonlySet<string>;
}

export class EntryRepository {
  readonly removed: RemovedVersions;
  readonly #database: Database;

  constructor(database: Database) {
    this.removed = new RemovedVersions(database);
    this.#database = database;
  }

  /** The entries of `paths` at the head. */
  async atHead(treeId: number, paths: readonly string[]): Promise<Map<string, FileEntry>> {
    const found = new Map<string, FileEntry>();
    await inChunks(paths, async (chunk) => {
      const rows = await this.#database
        .selectFrom('entries')
        .select(versionColumns)
        .where('tree_id', '=', treeId)
        .where('op', '=', 'put')
        .where('path', 'in', chunk)
        .execute();
      for (const row of rows) found.set(row.path, toFileEntry(row));
    });
    return found;
  }

  /**
   * The entries of `paths` at `revision`, in the order of `paths`, and those of `paths` whose version there was removed by
   * retention.
   */
  async statesAt(treeId: number, revision: number, paths: readonly string[]): Promise<StatesAt> {
    const { found: unchanged, others } = await this.#unchangedSince(treeId, revision, paths);
    const earlier = await this.#newestUpTo(treeId, revision, others);
    const removed = await this.removed.at(treeId, revision, others);
    const found = new Map<string, FileEntry>();
    for (const path of paths) {
      const entry = unchanged.get(path) ?? earlier.get(path);
      if (entry !== undefined && !removed.has(path)) found.set(path, entry);
    }
    return { found, removed };
  }

  /** The entries of `paths` at `revision` that are left. */
  async atRevision(treeId: number, revision: number, paths: readonly string[]): Promise<Map<string, FileEntry>> {
    return (await this.statesAt(treeId, revision, paths)).found;
  }

  /**
   * The entries at `revision` of the paths that no later one has changed, which retention never removes; and the other paths.
   * Nearly all pulls ask for the head.
   */
  async #unchangedSince(
    treeId: number,
    revision: number,
    paths: readonly string[],
  ): Promise<{ readonly found: Map<string, FileEntry>; readonly others: string[] }> {
    const found = new Map<string, FileEntry>();
    const others: string[] = [];
    await inChunks(paths, async (chunk) => {
      const rows = await this.#database
        .selectFrom('entries')
        .select(versionColumns)
        .where('tree_id', '=', treeId)
        .where('path', 'in', chunk)
        // The plus keeps SQLite from the index of revisions, which would read all rows for each chunk.
        .where(sql<boolean>`+revision <= ${revision}`)
        .execute();
      const unchanged = new Map(rows.map((row) => [row.path, row]));
      for (const path of chunk) if (!unchanged.has(path)) others.push(path);
      for (const row of rows) if (row.op === 'put') found.set(row.path, toFileEntry(row));
    });
    return { found, others };
  }

  async #newestUpTo(treeId: number, revision: number, paths: readonly string[]): Promise<Map<string, FileEntry>> {
    const found = new Map<string, FileEntry>();
    await inChunks(paths, async (chunk) => {
      const rows = await this.#database
        .selectFrom('versions')
        .select(versionColumns)
        .where('tree_id', '=', treeId)
        .where('op', '=', 'put')
        // Grouped, because a correlated subquery would seek once for each version of the paths.
        .where((query) =>
          query.eb(
            query.refTuple('path', 'revision'),
            'in',
            query
              .selectFrom('versions')
              .select(({ fn }) => ['path', fn.max('revision').as('revision')])
              .where('tree_id', '=', treeId)
              .where('path', 'in', chunk)
              .where('revision', '<=', revision)
              .groupBy('path')
              .$asTuple('path', 'revision'),
          ),
        )
        .execute();
      for (const row of rows) found.set(row.path, toFileEntry(row));
    });
    return found;
  }

  /** The paths that the revisions after `older`, up to and including `newer`, have put or deleted, sorted. */
  async pathsChanged(treeId: number, { older, newer }: { older: number; newer: number }): Promise<string[]> {
    const rows = await this.#database
      .selectFrom('versions')
      .select('path')
      .distinct()
      .where('tree_id', '=', treeId)
      .where('revision', '>', older)
      .where('revision', '<=', newer)
      .orderBy('path')
      .execute();
    return rows.map((row) => row.path);
  }

  /** `pathsChanged` in pages, of which only one is in memory if there are many. */
  async *pagesOfPathsChanged(
    treeId: number,
    { older, newer }: { older: number; newer: number },
  ): AsyncGenerator<string[]> {
    const { count, chars } = await this.#database
      .selectFrom('versions')
      .select(({ fn }) => [fn.countAll<number>().as('count'), sql<number>`total(length(path))`.as('chars')])
      .where('tree_id', '=', treeId)
      .where('revision', '>', older)
      .where('revision', '<=', newer)
      .executeTakeFirstOrThrow();
    const size = new PageSize();
    if (count <= maxPathsAtOnce && chars <= maxCharsAtOnce) {
      const paths = await this.pathsChanged(treeId, { older, newer });
      for (let start = 0; start < paths.length;) {
        const page = paths.slice(start, start + size.rows);
        start += page.length;
        size.adapt(page.map((path) => ({ path })));
        yield page;
      }
      return;
    }
    for (let after = ''; ;) {
      const rows = await this.#database
        .selectFrom('versions')
        .select('path')
        .distinct()
        .where('tree_id', '=', treeId)
        .where('path', '>', after)
        // The plus keeps SQLite from the index of revisions, which would sort all of them for each page.
        .where(sql<boolean>`+revision > ${older} and +revision <= ${newer}`)
        .orderBy('path')
        .limit(size.rows)
        .execute();
      const last = rows.at(-1);
      if (last === undefined) return;
      size.adapt(rows);
      yield rows.map(({ path }) => path);
      after = last.path;
    }
  }

  /** Throws too_many_files if the tree would have more files than a client reads. A tree that has too many already may shrink. */
  async requireRoom(treeId: number, added: number): Promise<void> {
    if (added <= 0) return;
    const count = this.#database
      .selectFrom('entries')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('tree_id', '=', treeId);
    // Counting all rows reads an index alone; the deleted paths among them nearly always leave room.
    const rows = await count.executeTakeFirstOrThrow();
    if (rows.count + added <= maxItems) return;
    const files = await count.where('op', '=', 'put').executeTakeFirstOrThrow();
    if (files.count + added <= maxItems) return;
    throw new WireError('too_many_files', `a tree may have ${maxItems} files, not ${files.count + added}`);
  }

  async headPaths(treeId: number): Promise<string[]> {
    const rows = await this.#database
      .selectFrom('entries')
      .select('path')
      .where('tree_id', '=', treeId)
      .where('op', '=', 'put')
      .execute();
    return rows.map((row) => row.path);
  }

  /** The targets of the symlinks at the head that have `..` after a `/`. An index has those alone. */
  async headTargetsWithDots(treeId: number): Promise<string[]> {
    const rows = await this.#database
      .selectFrom('entries')
      .select('target')
      .where('tree_id', '=', treeId)
      .where('op', '=', 'put')
      .where(sql<boolean>`instr(target, '/..') > 0`)
      .execute();
    return rows.map(({ target }) => target ?? '');
  }

  /** The targets of all symlinks at the head, by path. */
  async headLinks(treeId: number): Promise<Map<string, string>> {
    const rows = await this.#database
      .selectFrom('entries')
      .select(['path', 'target'])
      .where('tree_id', '=', treeId)
      .where('op', '=', 'put')
      .where('kind', '=', 'symlink')
      .execute();
    return new Map(rows.map(({ path, target }) => [path, target ?? '']));
  }

  /** The paths at the head that are above or below one of `paths`. */
  async headPathsAround(treeId: number, paths: readonly string[]): Promise<string[]> {
    const parents = [...new Set(paths.flatMap(parentsOf))];
    const found = [...(await this.atHead(treeId, parents)).keys()];
    for (const path of paths) {
      const rows = await this.#database
        .selectFrom('entries')
        .select('path')
        .where('tree_id', '=', treeId)
        .where('op', '=', 'put')
        // "0" is the character after "/".
        .where('path', '>', `${path}/`)
        .where('path', '<', `${path}0`)
        .execute();
      for (const row of rows) found.push(row.path);
    }
    return found;
  }

  /** Returns the hashes that any revision of the tree has as a regular file's content. */
  async knownHashes(treeId: number, hashes: readonly string[]): Promise<Set<string>> {
    const known = new Set<string>();
    await inChunks(hashes, async (chunk) => {
      const rows = await this.#database
        .selectFrom('versions')
        .select('hash')
        .distinct()
        .where('tree_id', '=', treeId)
        .where('kind', '=', 'file')
        .where('hash', 'in', chunk)
        .execute();
      for (const { hash } of rows) if (hash !== null) known.add(hash);
    });
    return known;
  }

  /** Returns the hashes that any revision of any tree has, except the trees with the ids `exceptTrees`. */
  async usedHashes(hashes: readonly string[], exceptTrees: readonly number[] = []): Promise<Set<string>> {
    const used = new Set<string>();
    await inChunks(hashes, async (chunk) => {
      const query = this.#database.selectFrom('versions').select('hash').distinct().where('hash', 'in', chunk);
      const excepted = sql<number>`(select value from json_each(${JSON.stringify(exceptTrees)}))`;
      const limited = exceptTrees.length === 0 ? query : query.where('tree_id', 'not in', excepted);
      for (const { hash } of await limited.execute()) if (hash !== null) used.add(hash);
    });
    return used;
  }
}

function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) parents.push(path.slice(0, end));
  return parents;
}
