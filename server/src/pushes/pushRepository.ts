import type { Change } from '../contract/schemas';
import { inChunks } from '../database/inChunks';
import type { Database } from '../database/openDatabase';
import type { VersionsTable } from '../database/tables';
import { WireError } from '../errors';
import type { PushRecord } from '../sessions/session';
import { FolderRepository } from '../trees/folderRepository';
import { countRenames } from './countRenames';

const columns = [
  'tree_id',
  'path',
  'revision',
  'op',
  'kind',
  'size',
  'mtime_ns',
  'mode',
  'hash',
  'target',
] as const satisfies readonly (keyof VersionsTable)[];

export interface Commit {
  readonly treeId: number;
  readonly pushId: string;
  readonly tokenId: number;
  readonly tokenName: string;
  readonly push: PushRecord;
}

export class PushRepository {
  readonly #database: Database;
  readonly #now: () => Date;

  constructor(database: Database, now: () => Date) {
    this.#database = database;
    this.#now = now;
  }

  /** The revision that this push's commit returned; undefined if the push is not committed. */
  async committedRevision(treeId: number, pushId: string, tokenName: string): Promise<number | undefined> {
    const changed = await this.#database
      .selectFrom('revisions')
      .select('number')
      .where('push_id', '=', pushId)
      .where('tree_id', '=', treeId)
      .where('token_name', '=', tokenName)
      .executeTakeFirst();
    if (changed !== undefined) return changed.number;
    const unchanged = await this.#database
      .selectFrom('unchanged_pushes')
      .select('revision')
      .where('push_id', '=', pushId)
      .where('tree_id', '=', treeId)
      .where('token_name', '=', tokenName)
      .executeTakeFirst();
    return unchanged?.revision;
  }

  /**
   * Returns the tree's new revision, or the old one for a push without changes. Throws stale_base; and
   * unauthorized or tree_deleted if the token was revoked or the tree deleted before the transaction began.
   * Invariant: one transaction moves the tree from `push.base` to the next revision, or changes nothing.
   */
  async commit(commit: Commit): Promise<number> {
    return this.#database.transaction().execute(async (transaction) => {
      await requireToken(transaction, commit.tokenId);
      const tree = await transaction
        .selectFrom('trees')
        .select(['head', 'name', 'deleted_at'])
        .where('id', '=', commit.treeId)
        .executeTakeFirst();
      if (tree === undefined || tree.deleted_at !== null) {
        throw new WireError('tree_deleted', 'the tree was deleted on the server');
      }
      const { head, name } = tree;
      if (head !== commit.push.base) {
        const message = `${name} is at revision ${head}, not ${commit.push.base}`;
        throw new WireError('stale_base', message, { head });
      }
      const revision = commit.push.changes.length > 0 ? await this.#addRevision(transaction, commit, head + 1) : head;
      await new FolderRepository(transaction, this.#now).change(commit.treeId, commit.tokenName, {
        added: commit.push.folders,
        removed: commit.push.untrackedFolders ?? [],
      });
      if (revision !== head) return revision;
      await transaction
        .insertInto('unchanged_pushes')
        .values({
          push_id: commit.pushId,
          tree_id: commit.treeId,
          token_name: commit.tokenName,
          revision: head,
          created_at: this.#now().toISOString(),
        })
        .execute();
      return head;
    });
  }

  /** Deletes the results of pushes that changed nothing and were committed before `before`. */
  async forgetUnchanged(before: Date): Promise<void> {
    await this.#database.deleteFrom('unchanged_pushes').where('created_at', '<', before.toISOString()).execute();
  }

  async #addRevision(transaction: Database, commit: Commit, number: number): Promise<number> {
    const { treeId, pushId, tokenName, push } = commit;
    const deleted = push.changes.filter((change) => change.op === 'delete').length;
    await transaction
      .insertInto('revisions')
      .values({
        tree_id: treeId,
        number,
        token_name: tokenName,
        created_at: this.#now().toISOString(),
        message: push.message ?? null,
        forced: push.forced ? 1 : 0,
        push_id: pushId,
        put: push.changes.length - deleted,
        deleted,
        renamed: await countRenames(transaction, treeId, push.changes),
      })
      .execute();
    await inChunks(push.changes, async (chunk) => {
      await transaction
        .insertInto('versions')
        .values(chunk.map((change) => versionOf(treeId, number, change)))
        .execute();
      await transaction
        .insertInto('entries')
        .columns(columns)
        .expression((query) =>
          query
            .selectFrom('versions')
            .select(columns)
            .where('tree_id', '=', treeId)
            .where('revision', '=', number)
            .where(
              'path',
              'in',
              chunk.map(({ path }) => path),
            ),
        )
        .onConflict((conflict) =>
          conflict.columns(['tree_id', 'path']).doUpdateSet((entry) => ({
            revision: entry.ref('excluded.revision'),
            op: entry.ref('excluded.op'),
            kind: entry.ref('excluded.kind'),
            size: entry.ref('excluded.size'),
            mtime_ns: entry.ref('excluded.mtime_ns'),
            mode: entry.ref('excluded.mode'),
            hash: entry.ref('excluded.hash'),
            target: entry.ref('excluded.target'),
          })),
        )
        .execute();
    });
    await transaction.updateTable('trees').set({ head: number }).where('id', '=', treeId).execute();
    return number;
  }
}

async function requireToken(transaction: Database, id: number): Promise<void> {
  const token = await transaction
    .selectFrom('tokens')
    .select('id')
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (token === undefined) throw new WireError('unauthorized', 'the token was revoked');
}

function versionOf(treeId: number, revision: number, change: Change): VersionsTable {
  const at = { tree_id: treeId, path: change.path, revision, op: change.op };
  if (change.op === 'delete') {
    return { ...at, kind: null, size: null, mtime_ns: null, mode: null, hash: null, target: null };
  }
  const { kind, size, mtimeNs, mode, hash, target } = change;
  return { ...at, kind, size, mtime_ns: mtimeNs, mode, hash, target: target ?? null };
}
