import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { Database, SqlJsStatic } from 'sql.js';
import { PalmtreeError } from '../../errors';
import { replaceFile } from '../fs/durable';
import { contentStampAt, isContentUnchanged, type ContentStamp } from '../fs/fileStamp';
import { bytesWith, contentOf, createDatabase, loadSqlJs, openDatabase } from './storeDatabase';
import { asStoreError, changedByOthers, isDamage } from './storeError';
import type { FromStoreWorker, StoreContent, StoreWorkerData, StoreWrite, ToStoreWorker } from './storeMessages';
import { failureOf } from '../threads/threadFailure';

/** The store's file, with an open database of its last content. */
class StoreFile {
  readonly #path: string;
  readonly #wasm: WebAssembly.Module;
  #sql: Promise<SqlJsStatic> | undefined;
  #open: { readonly database: Database; readonly stamp: ContentStamp } | undefined;

  constructor({ file, wasm }: StoreWorkerData) {
    this.#path = file;
    this.#wasm = wasm;
  }

  async read(): Promise<StoreContent> {
    this.#close();
    const sql = await this.#loaded();
    const stamp = await contentStampAt(this.#path);
    const database = openDatabase(sql, await readFile(this.#path));
    try {
      if (stamp === undefined) throw new PalmtreeError('store_failed', 'its file is missing');
      return { stamp, ...contentOf(database) };
    } finally {
      database.close();
    }
  }

  async write({ before, ...changes }: StoreWrite): Promise<ContentStamp> {
    if (!isContentUnchanged(before, this.#open?.stamp)) this.#close();
    const database = this.#open?.database ?? (await this.#databaseOf(before));
    this.#open = undefined;
    try {
      const bytes = bytesWith(database, changes);
      await this.#requireUnchanged(before);
      const stamp = await replaceFile(this.#path, bytes);
      this.#open = { database, stamp };
      return stamp;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  async #requireUnchanged(before: ContentStamp | undefined): Promise<void> {
    if (before === undefined || isContentUnchanged(before, await contentStampAt(this.#path))) return;
    throw changedByOthers();
  }

  async #databaseOf(before: ContentStamp | undefined): Promise<Database> {
    const sql = await this.#loaded();
    return before === undefined ? createDatabase(sql) : openDatabase(sql, await readFile(this.#path));
  }

  #close(): void {
    this.#open?.database.close();
    this.#open = undefined;
  }

  #loaded(): Promise<SqlJsStatic> {
    // A PalmtreeError, so that the file does not count as damaged. A later request tries again.
    return (this.#sql ??= loadSqlJs(this.#wasm).catch((cause: unknown) => {
      this.#sql = undefined;
      throw new PalmtreeError('store_failed', `SQLite could not be started: ${String(cause)}`, { cause });
    }));
  }
}

const file = new StoreFile(workerData as StoreWorkerData);
// Requests run one at a time, in their order.
let last: Promise<void> = Promise.resolve();

parentPort?.on('message', (message: ToStoreWorker) => {
  last = last.then(async () => parentPort?.postMessage(await respond(message)));
});

async function respond(message: ToStoreWorker): Promise<FromStoreWorker> {
  try {
    if (message.kind === 'write') return { kind: 'written', stamp: await file.write(message) };
    return { kind: 'read', ...(await file.read()) };
  } catch (error) {
    if (message.kind === 'read' && isDamage(error)) return { kind: 'damaged', message: String(error) };
    const { file: path } = workerData as StoreWorkerData;
    return { kind: 'failed', ...failureOf(asStoreError(error, path), 'store_failed') };
  }
}
