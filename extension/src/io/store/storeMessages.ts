import type { ContentStamp } from '../fs/fileStamp';
import type { StoredBucket, TableName } from './storeTables';
import type { ThreadFailure } from '../threads/threadFailure';

/** What the store worker is started with. */
export interface StoreWorkerData {
  /** The file that it reads and writes. */
  readonly file: string;
  /** sql.js's, compiled: threads share the machine code, also that which was made for what runs often. */
  readonly wasm: WebAssembly.Module;
}

export type ToStoreWorker =
  /** Reads the file; there is one. */
  { readonly kind: 'read' } | ({ readonly kind: 'write' } & StoreWrite);

export interface StoreWrite {
  /** The file that is written on; undefined when nothing of what may be there is kept. */
  readonly before: ContentStamp | undefined;
  readonly meta: string;
  readonly buckets: readonly StoredBucket[];
}

/** All that the file holds. */
export interface StoreContent {
  readonly identity: ContentStamp;
  readonly meta: string;
  readonly tables: Readonly<Record<TableName, readonly Uint8Array[]>>;
}

export type FromStoreWorker =
  | ({ readonly kind: 'read' } & StoreContent)
  | { readonly kind: 'written'; readonly identity: ContentStamp }
  /** The file holds something else than a store. */
  | { readonly kind: 'damaged'; readonly message: string }
  | ({ readonly kind: 'failed' } & ThreadFailure);
