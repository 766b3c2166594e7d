import { sql } from 'kysely';
import type { Database } from '../database/openDatabase';
import type { RemovableVersion, Removals } from './removableVersions';

/**
 * Removes versions in one transaction, with what remembers them: the marks of their successors and the counts of revisions.
 * Returns the time of its statements in milliseconds. That of the commit, which waits for the disk, is the same for fewer rows.
 */
export async function removeVersions(
  database: Database,
  treeId: number,
  { versions, successors }: Removals,
): Promise<number> {
  const rowids = JSON.stringify(versions.map(({ rowid }) => rowid));
  const marks = JSON.stringify(successors.map(({ rowid, since, count }) => [rowid, since, count]));
  const counts = JSON.stringify([...countByRevision(versions)]);
  let ms = 0;
  await database.transaction().execute(async (transaction) => {
    const begun = performance.now();
    await sql`delete from versions where rowid in (select value from json_each(${rowids}))`.execute(transaction);
    await sql`
      update versions set removed_since = mark.value ->> 1, removed = removed + (mark.value ->> 2)
      from json_each(${marks}) as mark where versions.rowid = mark.value ->> 0`.execute(transaction);
    await sql`
      update revisions set removed = removed + (counted.value ->> 1)
      from json_each(${counts}) as counted
      where revisions.tree_id = ${treeId} and revisions.number = counted.value ->> 0`.execute(transaction);
    ms = performance.now() - begun;
  });
  return ms;
}

function countByRevision(versions: readonly RemovableVersion[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { revision } of versions) counts.set(revision, (counts.get(revision) ?? 0) + 1);
  return counts;
}
