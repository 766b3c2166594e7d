import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import {
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import { isBusy } from './sqliteError';

const maxCachedStatements = 100;
/** The pause, in milliseconds, before a statement is tried again while another process has the lock. */
const busyPauseMs = 20;

/** Three connections to the same file. */
export interface Connections<T> {
  readonly writer: T;
  /** For single SELECTs while the writer is busy. They see the last commit. */
  readonly reader: T;
  /** For read-only transactions. */
  readonly snapshots: T;
}

/**
 * Kysely's SQLite dialect on Node's own SQLite. A SELECT waits neither for a write transaction nor for a long read-only
 * one. A statement that finds the database locked by another process is tried again for `busyTimeoutMs`. Other requests
 * are answered meanwhile, so SQLite's own timeout, which blocks the process, must be 0.
 */
export class NodeSqliteDialect implements Dialect {
  readonly #databases: Connections<DatabaseSync>;
  readonly #busyTimeoutMs: number;

  constructor(databases: Connections<DatabaseSync>, busyTimeoutMs: number) {
    this.#databases = databases;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  createDriver(): Driver {
    const { writer, reader, snapshots } = this.#databases;
    const connections = {
      writer: new Connection(writer),
      reader: new Connection(reader),
      snapshots: new Connection(snapshots),
    };
    return new NodeSqliteDriver(connections, this.#busyTimeoutMs);
  }

  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): SqliteAdapter {
    return new ConcurrentSqliteAdapter();
  }

  createIntrospector(database: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(database);
  }
}

class ConcurrentSqliteAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class NodeSqliteDriver implements Driver {
  readonly #connections: Connections<Connection>;
  readonly #busyTimeoutMs: number;

  constructor(connections: Connections<Connection>, busyTimeoutMs: number) {
    this.#connections = connections;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Lease> {
    return new Lease(this.#connections, this.#busyTimeoutMs);
  }

  async beginTransaction(lease: Lease, { accessMode }: TransactionSettings): Promise<void> {
    if (accessMode === 'read only') await lease.begin(this.#connections.snapshots, 'begin');
    // A deferred transaction that reads and then writes fails when another process has written in between.
    else await lease.begin(this.#connections.writer, 'begin immediate');
  }

  async commitTransaction(lease: Lease): Promise<void> {
    await lease.commit();
  }

  async rollbackTransaction(lease: Lease): Promise<void> {
    lease.rollback();
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    const { writer, reader, snapshots } = this.#connections;
    for (const connection of [snapshots, reader, writer]) connection.close();
  }
}

/** Runs one query or transaction. Outside a transaction, each statement chooses its connection. */
class Lease implements DatabaseConnection {
  readonly #connections: Connections<Connection>;
  readonly #busyTimeoutMs: number;
  #transaction: { readonly connection: Connection; readonly release: () => void } | undefined;

  constructor(connections: Connections<Connection>, busyTimeoutMs: number) {
    this.#connections = connections;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { writer, reader } = this.#connections;
    const transaction = this.#transaction?.connection;
    if (transaction !== undefined) return this.#whileBusy(() => transaction.execute<R>(query));
    // The writer is preferred: after each commit, the reader has to reread pages that the writer still has in memory.
    if (SelectQueryNode.is(query.query)) {
      return this.#whileBusy(() => (writer.isBusy ? reader : writer).execute<R>(query));
    }
    const release = await writer.acquire();
    try {
      return await this.#whileBusy(() => writer.execute<R>(query));
    } finally {
      release();
    }
  }

  streamQuery(): AsyncIterableIterator<never> {
    throw new Error('streaming rows is not supported');
  }

  async begin(connection: Connection, statement: string): Promise<void> {
    const release = await connection.acquire();
    try {
      await this.#whileBusy(() => connection.run(statement));
      this.#transaction = { connection, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** When this throws, the transaction is still open and has to be rolled back. */
  async commit(): Promise<void> {
    await this.#whileBusy(() => this.#transaction?.connection.run('commit'));
    this.#end();
  }

  rollback(): void {
    try {
      this.#transaction?.connection.rollback();
    } finally {
      this.#end();
    }
  }

  /** Repeats a statement while another process has the lock. A statement that fails has no effect. */
  async #whileBusy<T>(statement: () => T): Promise<T> {
    const deadline = performance.now() + this.#busyTimeoutMs;
    for (;;) {
      try {
        return statement();
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw error;
      }
      await delay(busyPauseMs);
    }
  }

  #end(): void {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    transaction?.release();
  }
}

class Connection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, { readonly statement: StatementSync; readonly hasRows: boolean }>();
  #released: Promise<void> = Promise.resolve();
  /** The number of users that have the connection or wait for it. */
  #users = 0;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get isBusy(): boolean {
    return this.#users > 0;
  }

  /** Waits for the connection and returns its release function. */
  async acquire(): Promise<() => void> {
    const previous = this.#released;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#released = promise;
    this.#users++;
    await previous;
    return () => {
      this.#users--;
      resolve();
    };
  }

  run(sql: string): void {
    this.#database.exec(sql);
  }

  execute<R>({ sql, parameters }: CompiledQuery): QueryResult<R> {
    const { statement, hasRows } = this.#prepare(sql);
    const values = parameters as SQLInputValue[];
    if (hasRows) return { rows: statement.all(...values) as R[] };
    const { changes, lastInsertRowid } = statement.run(...values);
    return { insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes), rows: [] };
  }

  rollback(): void {
    // SQLite has already rolled back after a full disk and some other failures.
    if (this.#database.isTransaction) this.run('rollback');
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(sql: string): { readonly statement: StatementSync; readonly hasRows: boolean } {
    const cached = this.#statements.get(sql);
    if (cached !== undefined) return cached;
    const statement = this.#database.prepare(sql);
    const prepared = { statement, hasRows: statement.columns().length > 0 };
    const [oldest] = this.#statements.keys();
    if (oldest !== undefined && this.#statements.size >= maxCachedStatements) this.#statements.delete(oldest);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}
