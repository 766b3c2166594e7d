import { sql } from 'kysely';
import type { PathVersion } from '../contract/history';
import type { FileEntry } from '../contract/schemas';
import type { Database } from '../database/openDatabase';

/** A revision with more paths of one content is no evidence of a rename of one of them. */
const maxPaths = 200;

/**
 * Finds the paths with the content of `entry`, and for an empty file also its name, that the entry's revision deleted and
 * added. Undefined if it deleted none.
 */
export async function findSameContent(
  database: Database,
  treeId: number,
  entry: FileEntry,
): Promise<PathVersion['sameContent']> {
  const { hash, kind, size, revision } = entry;
  const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
  // All empty files are equal: only the name identifies one.
  const hasName = (path: string) =>
    size > 0
      ? sql<boolean>`true`
      : sql<boolean>`(${sql.ref(path)} = ${name} or substr(${sql.ref(path)}, -length(${`/${name}`})) = ${`/${name}`})`;
  const deleted = await sql<{ path: string }>`
    select deletion.path from versions old
    join versions deletion on deletion.tree_id = old.tree_id and deletion.path = old.path
      and deletion.revision = ${revision} and deletion.op = 'delete' and deletion.removed_since is null
    where old.tree_id = ${treeId} and old.hash = ${hash} and old.kind = ${kind} and ${hasName('old.path')}
      and old.revision = ${lastBefore('old', revision)}
    order by deletion.path limit ${maxPaths}`.execute(database);
  if (deleted.rows.length === 0) return undefined;
  const added = await sql<{ path: string }>`
    select added.path from versions added
    where added.tree_id = ${treeId} and added.hash = ${hash} and added.kind = ${kind} and ${hasName('added.path')}
      and added.revision = ${revision}
      and not exists (
        select 1 from versions before where before.tree_id = added.tree_id and before.path = added.path
          and before.op = 'put' and before.revision = ${lastBefore('added', revision)}
      )
    order by added.path limit ${maxPaths}`.execute(database);
  return { deleted: deleted.rows.map(({ path }) => path), added: added.rows.map(({ path }) => path) };
}

/** The revision of the last version before `revision` of the path of a row. */
function lastBefore(table: string, revision: number) {
  return sql`(
    select max(last.revision) from versions last
    where last.tree_id = ${sql.ref(`${table}.tree_id`)} and last.path = ${sql.ref(`${table}.path`)}
      and last.revision < ${revision}
  )`;
}
