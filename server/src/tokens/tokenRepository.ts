import type { Database } from '../database/openDatabase';
import { OperatorError } from '../errors';
import type { TokensTable } from '../database/tables';
import { unlimited, type Token, type TokenLimits } from '../token';
import { hashTokenSecret, isUnusableHash, newTokenSecret, sameHash, unusableHash } from './tokenSecret';

export interface TokenSummary extends Token {
  /** Whether requests can name the token: that of an ssh key has no secret. */
  readonly hasSecret: boolean;
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
  async create(name: string, trees: readonly string[] | null, readOnly = false): Promise<string> {
    const secret = newTokenSecret();
    await this.#database.transaction().execute((transaction) => {
      return this.#insert(transaction, name, hashTokenSecret(secret), { trees, readOnly });
    });
    return secret;
  }

  /** Creates a token for a client that proves its name otherwise than by a secret. */
  async createWithoutSecret(name: string, limits: TokenLimits): Promise<void> {
    await this.#database.transaction().execute((transaction) => {
      return this.#insert(transaction, name, unusableHash(), limits);
    });
  }

  /**
   * Returns the id of the token without a secret that has this name, for a client that has proved its name. Creates the token
   * if there is none, under a similar name if a token with a secret has this one. Throws OperatorError when it was revoked.
   */
  async identify(name: string): Promise<number> {
    const rows = await rowsNamed(this.#database, name);
    const known = rows.find((row) => row.revoked_at === null && isUnusableHash(row.hash));
    // Only the first connection waits for the writer. Two that come at once are the same token.
    return known?.id ?? this.#database.transaction().execute((transaction) => this.#identifyIn(transaction, name));
  }

  async #identifyIn(transaction: Database, name: string): Promise<number> {
    const rows = await rowsNamed(transaction, name);
    const valid = rows.find((row) => row.revoked_at === null);
    if (valid !== undefined && isUnusableHash(valid.hash)) return valid.id;
    if (rows.length === 0) return this.#insert(transaction, name, unusableHash(), unlimited);
    // After a revocation, a key may still be allowed under the name.
    const wasRevoked = rows.some((row) => row.revoked_at !== null && isUnusableHash(row.hash));
    if (valid !== undefined && !wasRevoked) return this.#identifyIn(transaction, `${name} (ssh)`);
    throw new OperatorError(`The access of ${JSON.stringify(name)} was revoked. Connect with another name.`);
  }

  /** The token, if it is valid. */
  async findById(id: number): Promise<Token | undefined> {
    const row = await this.#database
      .selectFrom('tokens')
      .select(['id', 'name', 'limited', 'read_only'])
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    return row && this.#tokenOf(row);
  }

  async #insert(transaction: Database, name: string, hash: string, { trees, readOnly }: TokenLimits): Promise<number> {
    const row = {
      name,
      hash,
      limited: trees === null ? 0 : 1,
      created_at: this.#now().toISOString(),
      revoked_at: null,
      read_only: readOnly ? 1 : 0,
    };
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
    return id;
  }

  /** The valid token of this name. */
  async find(name: string): Promise<{ readonly hasSecret: boolean } | undefined> {
    const row = await this.#database
      .selectFrom('tokens')
      .select('hash')
      .where('name', '=', name)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    return row && { hasSecret: !isUnusableHash(row.hash) };
  }

  async list(): Promise<TokenSummary[]> {
    const rows = await this.#database
      .selectFrom('tokens')
      .select(['id', 'name', 'limited', 'read_only', 'hash', 'created_at'])
      .where('revoked_at', 'is', null)
      .orderBy('name')
      .execute();
    return Promise.all(
      rows.map(async (row) => {
        const hasSecret = !isUnusableHash(row.hash);
        const lastPushAt = await this.#lastPushBy(row.name);
        return { ...(await this.#tokenOf(row)), hasSecret, createdAt: row.created_at, lastPushAt };
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
      .select(['id', 'name', 'limited', 'read_only', 'hash'])
      .where('hash', '=', hash)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    if (row === undefined || !sameHash(row.hash, hash)) return undefined;
    return this.#tokenOf(row);
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

  async #tokenOf(row: Pick<TokensTable, 'name' | 'limited'> & { id: number; read_only: number }): Promise<Token> {
    const { id, name } = row;
    return { id, name, trees: row.limited ? await this.#treesOf(id) : null, readOnly: row.read_only === 1 };
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

function rowsNamed(database: Database, name: string) {
  return database.selectFrom('tokens').select(['id', 'hash', 'revoked_at']).where('name', '=', name).execute();
}
