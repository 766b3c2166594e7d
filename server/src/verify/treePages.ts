import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../database/openDatabase';
import type { VersionsTable } from '../database/tables';
import { versionColumns, type VersionRow } from '../trees/entry';
import type { TreeDamage } from './damage';

/** Some of a tree's faults. `after` is the path after which the next page begins; undefined for the last one. */
export interface FaultPage {
  readonly damages: readonly Omit<TreeDamage, 'tree'>[];
  readonly after: string | undefined;
}

/** Few enough that a page takes some tens of milliseconds. */
const pageRows = 5_000;

/** The entries among the next paths that differ from their newest versions, in one snapshot. */
export async function pageOfEntries(database: Database, treeId: number, after: string): Promise<FaultPage> {
  return database
    .transaction()
    .setAccessMode('read only')
    .execute(async (snapshot) => {
      const newest = await newestVersions(snapshot, treeId, after);
      const last = newest.length < pageRows ? undefined : newest.at(-1)?.path;
      const entries = await entriesBetween(snapshot, treeId, after, last);
      return { damages: differences(newest, entries), after: last };
    });
}

async function newestVersions(database: Database, treeId: number, after: string): Promise<VersionRow[]> {
  // With one max(), SQLite takes the other columns from the row that has it: https://sqlite.org/lang_select.html#bareagg
  const { rows } = await sql<VersionRow>`
    select path, max(revision) as revision, op, kind, size, mtime_ns, mode, hash, target from versions
    where tree_id = ${treeId} and path > ${after} group by path order by path limit ${pageRows}`.execute(database);
  return rows;
}

async function entriesBetween(
  database: Database,
  treeId: number,
  after: string,
  last: string | undefined,
): Promise<VersionRow[]> {
  return database
    .selectFrom('entries')
    .select(versionColumns)
    .where('tree_id', '=', treeId)
    .where('path', '>', after)
    .$if(last !== undefined, (query) => query.where('path', '<=', last ?? ''))
    .execute();
}

function differences(newest: readonly VersionRow[], entries: readonly VersionRow[]): Omit<TreeDamage, 'tree'>[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  const damages: Omit<TreeDamage, 'tree'>[] = [];
  for (const version of newest) {
    const { path, revision } = version;
    const entry = byPath.get(path);
    byPath.delete(path);
    const different = entry === undefined ? undefined : versionColumns.filter((name) => entry[name] !== version[name]);
    if (different?.length === 0) continue;
    const fault = different === undefined ? 'the entry is missing' : `the entry has another ${different.join(', ')}`;
    damages.push({ kind: 'entry', path, revision, fault });
  }
  for (const { path, revision } of byPath.values()) {
    damages.push({ kind: 'entry', path, revision, fault: 'the entry has no version' });
  }
  return damages;
}

type VersionFields = Pick<VersionsTable, 'path' | 'revision' | 'kind' | 'size' | 'hash' | 'target'>;

/** The versions of the next paths that lack attributes, or whose target differs from its declared hash or size. */
export async function pageOfVersions(database: Database, treeId: number, after: string): Promise<FaultPage> {
  const { rows: paths } = await sql<{ last: string | null; count: number }>`
    select max(path) as last, count(*) as count from (
      select distinct path from versions where tree_id = ${treeId} and path > ${after} order by path limit ${pageRows}
    )`.execute(database);
  const { last = null, count = 0 } = paths[0] ?? {};
  if (last === null) return { damages: [], after: undefined };
  const { rows } = await sql<VersionFields>`
    select path, revision, kind, size, hash, target from versions
    where tree_id = ${treeId} and path > ${after} and path <= ${last} and op = 'put' and (
      kind is null or kind <> 'file' or target is not null or
      size is null or mtime_ns is null or mode is null or hash is null
    )`.execute(database);
  const damages = rows.flatMap((row): Omit<TreeDamage, 'tree'>[] => {
    const fault = faultOf(row);
    return fault === undefined ? [] : [{ kind: 'version', path: row.path, revision: row.revision, fault }];
  });
  return { damages, after: count < pageRows ? undefined : last };
}

/** The next paths with a version whose mark about removed versions contradicts the versions that are there. */
export async function pageOfMarks(database: Database, treeId: number, after: string): Promise<FaultPage> {
  const { rows } = await sql<{ path: string; revision: number }>`
    select path, min(revision) as revision from versions marked indexed by versions_after_removed
    where tree_id = ${treeId} and path > ${after} and removed_since is not null and (
      removed < 1 or removed_since >= revision or exists (
        select 1 from versions before where before.tree_id = marked.tree_id and before.path = marked.path
          and before.revision >= marked.removed_since and before.revision < marked.revision
      )
    )
    group by path order by path limit ${pageRows}`.execute(database);
  const fault = 'its mark about removed versions is wrong';
  const damages = rows.map(({ path, revision }) => ({ kind: 'version' as const, path, revision, fault }));
  return { damages, after: rows.length < pageRows ? undefined : rows.at(-1)?.path };
}

function faultOf({ kind, size, hash, target }: VersionFields): string | undefined {
  if (kind === 'file' && target !== null) return 'the version of a file has a target';
  if (kind !== 'symlink' || target === null || size === null || hash === null) return 'the version lacks attributes';
  const isDeclared = Buffer.byteLength(target) === size && createHash('sha256').update(target).digest('hex') === hash;
  return isDeclared ? undefined : 'the target of the symlink is damaged';
}
