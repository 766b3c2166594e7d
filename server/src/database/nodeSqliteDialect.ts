import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
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

const cachedStatements = 100;

/** The file, opened three times. */
export interface Connections<T> {
  readonly writer: T;
  /** For statements that read while the writer is taken: they see what was committed last. */
  readonly reader: T;
  /** For transactions that only read. */
  readonly snapshots: T;
}

/**
 * Kysely's SQLite dialect on Node's own SQLite. A statement that reads waits neither for a transaction that writes nor for
 * one that reads a lot.
 */
export class NodeSqliteDialect implements Dialect {
  readonly #files: Connections<DatabaseSync>;

  constructor(files: Connections<DatabaseSync>) {
    this.#files = files;
  }

  createDriver(): Driver {
    const { writer, reader, snapshots } = this.#files;
    return new NodeSqliteDriver({
      writer: new Connection(writer),
      reader: new Connection(reader),
      snapshots: new Connection(snapshots),
    });
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

  constructor(connections: Connections<Connection>) {
    this.#connections = connections;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Lease> {
    return new Lease(this.#connections);
  }

  async beginTransaction(lease: Lease, { accessMode }: TransactionSettings): Promise<void> {
    if (accessMode === 'read only') await lease.begin(this.#connections.snapshots, 'begin');
    // A deferred transaction that reads and then writes fails when another process wrote in between.
    else await lease.begin(this.#connections.writer, 'begin immediate');
  }

  async commitTransaction(lease: Lease): Promise<void> {
    lease.commit();
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

/** What a query or a transaction runs on. Outside a transaction each statement takes the connection that fits it. */
class Lease implements DatabaseConnection {
  readonly #connections: Connections<Connection>;
  #transaction: { readonly connection: Connection; readonly free: () => void } | undefined;

  constructor(connections: Connections<Connection>) {
    this.#connections = connections;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#transaction !== undefined) return this.#transaction.connection.execute<R>(query);
    const { writer, reader } = this.#connections;
    // The reader has to read anew after each commit what the writer has in memory.
    if (SelectQueryNode.is(query.query)) return (writer.isTaken ? reader : writer).execute<R>(query);
    const free = await writer.taken();
    try {
      return writer.execute<R>(query);
    } finally {
      free();
    }
  }

  streamQuery(): AsyncIterableIterator<never> {
    throw new Error('rows are not streamed');
  }

  async begin(connection: Connection, statement: string): Promise<void> {
    const free = await connection.taken();
    try {
      connection.run(statement);
      this.#transaction = { connection, free };
    } catch (error) {
      free();
      throw error;
    }
  }

  /** When it fails, the transaction is still to be rolled back. */
  commit(): void {
    this.#transaction?.connection.run('commit');
    this.#end();
  }

  rollback(): void {
    try {
      this.#transaction?.connection.rollback();
    } finally {
      this.#end();
    }
  }

  #end(): void {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    transaction?.free();
  }
}

class Connection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, { readonly statement: StatementSync; readonly hasRows: boolean }>();
  #free: Promise<void> = Promise.resolve();
  /** Those that have it or wait for it. */
  #takers = 0;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get isTaken(): boolean {
    return this.#takers > 0;
  }

  /** Waits for whoever has the connection; what is answered gives it back. */
  async taken(): Promise<() => void> {
    const before = this.#free;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#free = promise;
    this.#takers++;
    await before;
    return () => {
      this.#takers--;
      resolve();
    };
  }

  execute<R>({ sql, parameters }: CompiledQuery): QueryResult<R> {
    const { statement, hasRows } = this.#prepared(sql);
    const values = parameters as SQLInputValue[];
    if (hasRows) return { rows: statement.all(...values) as R[] };
    const { changes, lastInsertRowid } = statement.run(...values);
    return { insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes), rows: [] };
  }

  run(sql: string): void {
    this.#database.exec(sql);
  }

  rollback(): void {
    // A full disk, and some other failures, have rolled it back.
    if (this.#database.isTransaction) this.run('rollback');
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepared(sql: string): { readonly statement: StatementSync; readonly hasRows: boolean } {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    const prepared = { statement, hasRows: statement.columns().length > 0 };
    const [oldest] = this.#statements.keys();
    if (oldest !== undefined && this.#statements.size >= cachedStatements) this.#statements.delete(oldest);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}
