import type { Duplex } from 'node:stream';
import type { PalmtreeError, TriedRsync } from '../../errors';
import type { FillRequest, Gap } from '../deltas/fillFromBasis';
import type { DeltaRequest, DeltaResult } from '../deltas/writeDelta';
import type { TransferProgress } from './transferProgress';

/** The user's choice of a carrier: `auto` takes rsync where a good one is installed. */
export type Transport = 'auto' | 'rsync' | 'http';

/** The means by which the files of a session travel. */
export type Carrier =
  | { readonly kind: 'rsync'; readonly command: string }
  /** `instead` is the rsync that cannot be used; undefined if the user has chosen HTTP. */
  | { readonly kind: 'http'; readonly instead?: TriedRsync | undefined };

/** A terminal that shows the output of a transfer. */
export interface Screen {
  /** Shows rsync's own output, or that of the same kind. */
  write(text: string): void;
  /** An attempt failed; the next one begins after the pause. */
  retrying(failure: PalmtreeError, pauseMs: number): void;
}

export interface FileUpload {
  /** The offset in the file at which the body begins, in bytes. */
  readonly offset: number;
  readonly body: Uint8Array | ReadableStream<Uint8Array>;
  /** The encoding of the body; none if it is undefined. */
  readonly encoding: string | undefined;
  /** Whether the body is a delta of the file that the server has, see the contract. */
  readonly isDelta?: boolean;
}

export interface FileDownload {
  /** The pieces of the response. Reading them throws as the request does. */
  readonly pieces: AsyncIterable<Uint8Array>;
  readonly encoding: string | undefined;
  /** Whether the server has heeded the offset. */
  readonly isRange: boolean;
}

export interface RequestLimits {
  readonly signal: AbortSignal;
  /** The longest time in milliseconds in which nothing is sent or received; by default 30 s, and a minute while a body is sent. */
  readonly silenceMs?: number | undefined;
}

/** The requests that move the files of a session. Each throws PalmtreeError. */
export interface SessionFiles {
  /** The encodings that the server reads and writes; undefined if it does not move files by HTTP. */
  readonly encodings: readonly string[] | undefined;
  put(path: string, upload: FileUpload, limits: RequestLimits): Promise<void>;
  /** The bytes of a file from `offset` on; the server may encode them if `encoding` is given. At most `maxBytes`. */
  get(
    path: string,
    wanted: { readonly offset: number; readonly maxBytes: number; readonly encoding: string | undefined },
    limits: RequestLimits,
  ): Promise<FileDownload>;
  /** The signature of the file that the session's folder has at a path, at most `maxBytes`; undefined if there is none. */
  signature(path: string, maxBytes: number, limits: RequestLimits): Promise<Uint8Array | undefined>;
}

/** Finds the differences of files, in a thread. */
export interface Deltas {
  /** A folder for deltas that are sent. It need not exist. */
  readonly folder: string;
  writeDelta(request: DeltaRequest, signature: Uint8Array): Promise<DeltaResult>;
  fillFromBasis(request: FillRequest, signature: Uint8Array): Promise<readonly Gap[]>;
}

export interface TransferRequest {
  readonly direction: 'push' | 'pull';
  readonly carrier: Carrier;
  /** The address of the server's rsync. */
  readonly endpoint: {
    readonly url: string;
    readonly headers: Record<string, string>;
    readonly openSocket?: (() => Duplex) | undefined;
    /** Resolves when `openSocket` can reach the server. */
    readonly ready?: ((signal: AbortSignal) => Promise<void>) | undefined;
  };
  readonly files: SessionFiles;
  /** Without it, HTTP sends files whole. */
  readonly deltas?: Deltas | undefined;
  readonly session: { readonly module: string; readonly password: string; readonly upgrade?: string | undefined };
  /** The workspace folder: the source of a push, the delta basis of a pull. */
  readonly root: string;
  /** The destination of a pull. It may contain what an interrupted pull has received of the files. */
  readonly staging?: string;
  /** The sizes in bytes of the files to transfer, by path. */
  readonly sizes: ReadonlyMap<string, number>;
  /**
   * Asks the server for the last error of its rsync; empty if it logged none. Throws storage_full, and the reason why the
   * server refused to go on.
   */
  readonly serverRsyncError: () => Promise<string>;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /** The longest time without a sign of the server, in milliseconds; by default that of the carrier. */
  readonly silenceMs?: number;
  readonly onProgress: (progress: TransferProgress) => void;
}

export interface TransferResult {
  /** Bytes over the connection in all attempts. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Whether files vanished or could not be read. The caller finds them by their hashes. */
  readonly isPartial: boolean;
}
