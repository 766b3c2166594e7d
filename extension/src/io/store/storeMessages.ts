import type { ContentStamp } from '../fs/fileStamp';
import type { StoredBucket, TableName } from './storeTables';
import type { ThreadFailure } from '../threads/threadFailure';

/** The data that the store worker starts with. */
export interface StoreWorkerData {
  /** The path of the store's file. */
  readonly file: string;
  /** sql.js's module, compiled. Threads share its machine code, with the optimized code of hot functions. */
  readonly wasm: WebAssembly.Module;
}

export type ToStoreWorker =
  /** Reads the file, which must exist. */
  { readonly kind: 'read' } | ({ readonly kind: 'write' } & StoreWrite);

export interface StoreWrite {
  /** The file to change, as it was last read or written; undefined to replace whatever exists. */
  readonly before: ContentStamp | undefined;
  readonly meta: string;
  readonly buckets: readonly StoredBucket[];
}

/** The content of the file. */
export interface StoreContent {
  readonly stamp: ContentStamp;
  readonly meta: string;
  readonly tables: Readonly<Record<TableName, readonly Uint8Array[]>>;
}

export type FromStoreWorker =
  | ({ readonly kind: 'read' } & StoreContent)
  | { readonly kind: 'written'; readonly stamp: ContentStamp }
  /** The file is not a store. */
  | { readonly kind: 'damaged'; readonly message: string }
  | ({ readonly kind: 'failed' } & ThreadFailure);
