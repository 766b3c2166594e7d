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
  /** Writes those of `files` that `pack` really holds. */
  | { readonly kind: 'unpack'; readonly pack: string; readonly files: readonly UnpackedFile[] };

export type PackReply =
  /** `missing` are the indexes of files that an `unpack` has not written. */
  { readonly kind: 'done'; readonly missing: readonly number[] } | ({ readonly kind: 'failed' } & ThreadFailure);
