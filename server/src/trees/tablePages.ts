import { sql } from 'kysely';
import type { TableEntry } from '../contract/schemas';
import type { Database } from '../database/openDatabase';
import { toTableEntry, versionColumns, type VersionRow } from './entry';
import { pathsError } from '../errors';
import { PageSize } from './pageSize';
import { RemovedVersions } from './removedVersions';

/** Up to this many changes are found by the index of revisions. For more, all paths are read in their order. */
const maxIndexedRows = 2_000;

interface TableRange {
  readonly treeId: number;
  /** 0 for all entries at the head. */
  readonly since: number;
  readonly head: number;
}

interface Position {
  /** The last path of the page before. */
  readonly after: string;
  /** The most rows of the page. */
  readonly limit: number;
}

/** The number of entries in the range. `database` must still be at `head`. */
export async function countEntries(database: Database, { treeId, since }: TableRange): Promise<number> {
  const { count } = await database
    .selectFrom('entries')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('tree_id', '=', treeId)
    .$if(since > 0, (query) => query.where('revision', '>', since))
    .$if(since === 0, (query) => query.where('op', '=', 'put'))
    .executeTakeFirstOrThrow();
  return count;
}

/**
 * The entries of a table in the order of their paths. They are those at `head`, even if the tree gets newer revisions
 * while its pages are read: where the entry is newer, the version before it takes its place.
 */
export async function* tablePages(
  database: Database,
  range: TableRange,
  count: number,
): AsyncGenerator<readonly TableEntry[]> {
  const isIndexed = range.since > 0 && count <= maxIndexedRows;
  const size = new PageSize();
  let after = '';
  for (;;) {
    const position = { after, limit: size.rows };
    const rows = await (isIndexed ? changedRows(database, range, position) : rowsByPath(database, range, position));
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.path;
    size.adapt(rows);
    yield await atHead(database, range, rows);
    if (rows.length < position.limit) return;
  }
}

function changedRows(
  database: Database,
  { treeId, since }: TableRange,
  { after, limit }: Position,
): Promise<VersionRow[]> {
  return database
    .selectFrom('entries')
    .select(versionColumns)
    .where('tree_id', '=', treeId)
    .where('revision', '>', since)
    .where('path', '>', after)
    .orderBy('path')
    .limit(limit)
    .execute();
}

/** The plus keeps SQLite from the index of revisions, which would sort all rows for each page. */
function rowsByPath(
  database: Database,
  { treeId, since, head }: TableRange,
  { after, limit }: Position,
): Promise<VersionRow[]> {
  const isWanted = since > 0 ? sql<boolean>`+revision > ${since}` : sql<boolean>`(op = 'put' or +revision > ${head})`;
  return database
    .selectFrom('entries')
    .select(versionColumns)
    .where('tree_id', '=', treeId)
    .where('path', '>', after)
    .where(isWanted)
    .orderBy('path')
    .limit(limit)
    .execute();
}

async function atHead(
  database: Database,
  { treeId, since, head }: TableRange,
  rows: readonly VersionRow[],
): Promise<TableEntry[]> {
  const newer = rows.filter(({ revision }) => revision > head).map(({ path }) => path);
  const before = newer.length === 0 ? new Map<string, VersionRow>() : await versionsAt(database, treeId, head, newer);
  return rows.flatMap((row) => {
    const version = row.revision > head ? before.get(row.path) : row;
    const isInRange = version !== undefined && (since > 0 ? version.revision > since : version.op === 'put');
    return isInRange ? [toTableEntry(version)] : [];
  });
}

/** The newest versions of `paths` up to revision `head`, including deletions. */
async function versionsAt(
  database: Database,
  treeId: number,
  head: number,
  paths: readonly string[],
): Promise<Map<string, VersionRow>> {
  const rows = await database
    .selectFrom('versions')
    .select(versionColumns)
    .where('tree_id', '=', treeId)
    .where((query) =>
      query.eb(
        query.refTuple('path', 'revision'),
        'in',
        query
          .selectFrom('versions')
          .select(({ fn }) => ['path', fn.max('revision').as('revision')])
          .where('tree_id', '=', treeId)
          .where('path', 'in', paths)
          .where('revision', '<=', head)
          .groupBy('path')
          .$asTuple('path', 'revision'),
      ),
    )
    .execute();
  // After a push and a removal since the pages began, the table cannot be completed. The client asks for the newer one.
  const removed = await new RemovedVersions(database).at(treeId, head, paths);
  if (removed.size > 0)
    throw pathsError('version_removed', [...removed], `was removed by retention at revision ${head}`);
  return new Map(rows.map((row) => [row.path, row]));
}
