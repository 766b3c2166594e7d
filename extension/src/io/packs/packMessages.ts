import type { DeltaRequest, DeltaResult } from '../deltas/writeDelta';
import type { FillRequest, Gap } from '../deltas/fillFromBasis';
import type { ThreadFailure } from '../threads/threadFailure';

/** A content to pack. */
export interface PackedFile {
  /** Absolute. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
}

/** A content to take out of a pack. */
export interface UnpackedFile {
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 in hex. */
  readonly hash: string;
  /** The permission bits that the file will have. */
  readonly mode: number;
  /** Nanoseconds since the epoch. */
  readonly mtimeNs: bigint;
  /** Absolute. An existing file is replaced. */
  readonly target: string;
}

export type PackJob =
  /** Writes a pack with the contents of `files`, one after the other, each with the given size. */
  | { readonly kind: 'pack'; readonly pack: string; readonly files: readonly PackedFile[] }
  /** Writes those of `files` that `pack` really contains. */
  | { readonly kind: 'unpack'; readonly pack: string; readonly files: readonly UnpackedFile[] }
  /** See `writeDelta` and `fillFromBasis`. */
  | { readonly kind: 'delta'; readonly request: DeltaRequest; readonly signature: Uint8Array }
  | { readonly kind: 'fill'; readonly request: FillRequest; readonly signature: Uint8Array };

/** The indexes of files that an `unpack` has not written; of a `delta` and a `fill`, their result. */
export type PackResult = readonly number[] | DeltaResult | readonly Gap[];

export type PackReply =
  { readonly kind: 'done'; readonly result: PackResult } | ({ readonly kind: 'failed' } & ThreadFailure);
