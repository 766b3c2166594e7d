import type { Client } from '../../io/api/client';
import type { Carrier, Screen, TransferRequest, TransferResult, Transport } from '../../io/transfer/transferRequest';
import type { TransferProgress } from '../../io/transfer/transferProgress';
import type { Packer } from '../../io/packs/packer';
import type { ProgressStep } from './progressStep';

/** One tree, and the client for the API of its server. */
export interface TreeClient {
  readonly client: Client;
  readonly tree: string;
}

/** A tree on its server, with the means to transfer files to and from it. */
export interface ServerBinding extends TreeClient {
  /** Finds and checks rsync. Throws rsync_missing or rsync_unusable. */
  findRsync(): Promise<string>;
  /** The user's choice of a carrier; by default `auto`. */
  transport?(): Transport;
  /** Opens a terminal for one transfer. A quiet one does not come to the front. */
  openScreen(title: TransferTitle, isQuiet: boolean): TransferScreen;
  transfer(request: TransferRequest): Promise<TransferResult>;
  /** Starts the thread for packs. Without it, each file travels alone. */
  openPacker?(): Packer;
}

export interface TransferScreen extends Screen {
  /** Aborted by Ctrl-C in the terminal. */
  readonly interrupted: AbortSignal;
  /** The carrier of the transfer, before it begins. */
  carrier?(carrier: Carrier): void;
  /** The next run sends this pack. */
  pack(pack: SentPack): void;
  end(outcome: TransferOutcome): void;
}

export interface SentPack {
  /** From 1 to `count`. */
  readonly number: number;
  readonly count: number;
  readonly files: readonly { readonly path: string }[];
}

/** The facts for the title of a transfer's terminal. */
export interface TransferTitle {
  readonly direction: 'push' | 'pull';
  readonly files: number;
}

export type TransferOutcome =
  | { readonly kind: 'done' }
  /** Some files changed or vanished during the transfer; they are scanned and sent again. */
  | { readonly kind: 'partial' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Receives the progress of a running command, and cancels it. */
export interface Reporter {
  readonly signal: AbortSignal;
  /** Automation started the command, not the user: no terminal comes to the front. */
  readonly isQuiet?: boolean;
  /** The carrier of the files that follow. */
  carrier?(carrier: Carrier): void;
  step(step: ProgressStep): void;
  progress(progress: TransferProgress): void;
}

/** For work that nobody watches or cancels. */
export const silentReporter: Reporter = {
  signal: new AbortController().signal,
  step: () => undefined,
  progress: () => undefined,
};
