import type { PathHistory, PathVersion, RevisionEvent, RevisionList, RevisionSummary } from '../contract/history';
import type { Selectable } from 'kysely';
import type { Database } from '../database/openDatabase';
import type { RevisionsTable } from '../database/tables';
import { toFileEntry, versionColumns } from '../trees/entry';
import { findSameContent } from './sameContent';

export interface Page {
  /** Limits the page to revisions older than this one. */
  readonly before: number;
  readonly limit: number;
}

const summaryColumns = [
  'number',
  'token_name',
  'created_at',
  'message',
  'forced',
  'put',
  'deleted',
  'renamed',
  'removed',
] as const;

export class RevisionRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Newest first. */
  async list(treeId: number, { before, limit }: Page): Promise<RevisionList> {
    const rows = await this.#database
      .selectFrom('revisions')
      .select(summaryColumns)
      .where('tree_id', '=', treeId)
      .where('number', '<', before)
      .orderBy('number', 'desc')
      .limit(limit + 1)
      .execute();
    return { revisions: rows.slice(0, limit).map(toSummary), more: rows.length > limit };
  }

  async find(treeId: number, number: number): Promise<RevisionSummary | undefined> {
    const row = await this.#database
      .selectFrom('revisions')
      .select(summaryColumns)
      .where('tree_id', '=', treeId)
      .where('number', '=', number)
      .executeTakeFirst();
    return row && toSummary(row);
  }

  /** The first `limit` revisions after `number`, oldest first. */
  async after(treeId: number, number: number, limit: number): Promise<RevisionEvent[]> {
    return this.#database
      .selectFrom('revisions')
      .select(['number as revision', 'token_name as author', 'created_at as createdAt', 'message'])
      .where('tree_id', '=', treeId)
      .where('number', '>', number)
      .orderBy('number')
      .limit(limit)
      .execute();
  }

  /** Newest first. An unknown path has no versions. */
  async ofPath(treeId: number, path: string, { before, limit }: Page): Promise<PathHistory> {
    const rows = await this.#database
      .selectFrom('versions as version')
      .innerJoin('revisions as revision', (join) =>
        join.onRef('revision.tree_id', '=', 'version.tree_id').onRef('revision.number', '=', 'version.revision'),
      )
      .select(versionColumns.map((column) => `version.${column}` as const))
      .select(['revision.token_name', 'revision.created_at', 'revision.message'])
      .select(['version.removed', 'version.removed_since'])
      .where('version.tree_id', '=', treeId)
      .where('version.path', '=', path)
      .where('version.revision', '<', before)
      .orderBy('version.revision', 'desc')
      .limit(limit + 1)
      .execute();
    const versions: PathVersion[] = [];
    for (const [index, row] of rows.slice(0, limit).entries()) {
      const {
        token_name: author,
        created_at: createdAt,
        message,
        removed: count,
        removed_since: since,
        ...version
      } = row;
      const removed = since === null ? {} : { removed: { count, since } };
      const push = { revision: version.revision, author, createdAt, message, ...removed };
      if (version.op === 'delete') {
        versions.push({ ...push, entry: null });
        continue;
      }
      const entry = toFileEntry(version);
      const isAddition = since === null && rows[index + 1]?.op !== 'put';
      const sameContent = isAddition ? await findSameContent(this.#database, treeId, entry) : undefined;
      versions.push({ ...push, entry, ...(sameContent === undefined ? {} : { sameContent }) });
    }
    return { versions, more: rows.length > limit };
  }
}

function toSummary(row: Pick<Selectable<RevisionsTable>, (typeof summaryColumns)[number]>): RevisionSummary {
  const { number, token_name: author, created_at: createdAt, message, forced, put, deleted, renamed, removed } = row;
  const summary = { number, author, createdAt, message, forced: forced === 1, put, deleted, renamed };
  return removed === 0 ? summary : { ...summary, removed };
}
