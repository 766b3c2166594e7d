import type { Database } from '../database/openDatabase';
import { OperatorError } from '../errors';
import type { Token } from '../token';
import { hashTokenSecret, newTokenSecret, sameHash } from './tokenSecret';

export interface TokenSummary extends Token {
  readonly createdAt: string;
  /** The time of the newest push under the token's name; null without one. */
  readonly lastPushAt: string | null;
}

export class TokenRepository {
  readonly #database: Database;
  readonly #now: () => Date;

  constructor(database: Database, now: () => Date) {
    this.#database = database;
    this.#now = now;
  }

  /** Stores only the secret's hash, and returns the secret. Throws OperatorError when the name is in use. */
  async create(name: string, trees: readonly string[] | null): Promise<string> {
    const secret = newTokenSecret();
    const row = {
      name,
      hash: hashTokenSecret(secret),
      limited: trees === null ? 0 : 1,
      created_at: this.#now().toISOString(),
      revoked_at: null,
    };
    await this.#database.transaction().execute(async (transaction) => {
      const existing = await transaction
        .selectFrom('tokens')
        .select('id')
        .where('name', '=', name)
        .where('revoked_at', 'is', null)
        .executeTakeFirst();
      if (existing !== undefined) {
        const fix = 'Choose another name, or revoke that token first.';
        throw new OperatorError(`A token named ${JSON.stringify(name)} already exists. ${fix}`);
      }
      const { id } = await transaction.insertInto('tokens').values(row).returning('id').executeTakeFirstOrThrow();
      const rows = [...new Set(trees ?? [])].map((tree_name) => ({ token_id: id, tree_name }));
      if (rows.length > 0) await transaction.insertInto('token_trees').values(rows).execute();
    });
    return secret;
  }

  async list(): Promise<TokenSummary[]> {
    const rows = await this.#database
      .selectFrom('tokens')
      .select(['id', 'name', 'limited', 'created_at'])
      .where('revoked_at', 'is', null)
      .orderBy('name')
      .execute();
    return Promise.all(
      rows.map(async ({ id, name, limited, created_at: createdAt }) => {
        const trees = limited ? await this.#treesOf(id) : null;
        return { id, name, trees, createdAt, lastPushAt: await this.#lastPushBy(name) };
      }),
    );
  }

  async revoke(name: string): Promise<boolean> {
    const result = await this.#database
      .updateTable('tokens')
      .set({ revoked_at: this.#now().toISOString() })
      .where('name', '=', name)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /** Queries the database on each request, because another process may have revoked the token. */
  async findBySecret(secret: string): Promise<Token | undefined> {
    const hash = hashTokenSecret(secret);
    const row = await this.#database
      .selectFrom('tokens')
      .select(['id', 'name', 'limited', 'hash'])
      .where('hash', '=', hash)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    if (row === undefined || !sameHash(row.hash, hash)) return undefined;
    return { id: row.id, name: row.name, trees: row.limited ? await this.#treesOf(row.id) : null };
  }

  async revokedIds(): Promise<number[]> {
    const rows = await this.#database.selectFrom('tokens').select('id').where('revoked_at', 'is not', null).execute();
    return rows.map(({ id }) => id);
  }

  async #lastPushBy(name: string): Promise<string | null> {
    const row = await this.#database
      .selectFrom('revisions')
      .select((query) => query.fn.max('created_at').as('last'))
      .where('token_name', '=', name)
      .executeTakeFirst();
    return row?.last ?? null;
  }

  async #treesOf(id: number): Promise<string[]> {
    const rows = await this.#database
      .selectFrom('token_trees')
      .select('tree_name')
      .where('token_id', '=', id)
      .orderBy('tree_name')
      .execute();
    return rows.map((row) => row.tree_name);
  }
}
