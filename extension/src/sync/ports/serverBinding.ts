import type { Client } from '../../io/api/client';
import type { Screen, TransferRequest, TransferResult } from '../../io/rsync/transfer';
import type { TransferProgress } from '../../io/rsync/rsyncProgress';
import type { ProgressStep } from './progressStep';

/** One tree behind the API of its server. */
export interface TreeClient {
  readonly client: Client;
  readonly tree: string;
}

/** A tree on its server, with the means to transfer files to and from it. */
export interface ServerBinding extends TreeClient {
  /** Finds and checks rsync. Throws rsync_missing or rsync_unusable. */
  findRsync(): Promise<string>;
  /** Opens a terminal for one transfer. A quiet one does not come to the front. */
  openScreen(run: ShownRun, isQuiet: boolean): RunScreen;
  transfer(request: TransferRequest): Promise<TransferResult>;
}

export interface RunScreen extends Screen {
  /** Aborted by Ctrl-C in the screen. */
  readonly interrupted: AbortSignal;
  end(outcome: RunOutcome): void;
}

/** A transfer, as the title on its screen names it. */
export interface ShownRun {
  readonly direction: 'push' | 'pull';
  readonly files: number;
}

export type RunOutcome =
  | { readonly kind: 'done' }
  /** Files changed or vanished meanwhile; they are scanned and sent again. */
  | { readonly kind: 'partial' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Receives the progress of a running command, and cancels it. */
export interface Reporter {
  readonly signal: AbortSignal;
  /** Automation started the command, not the user: no terminal comes to the front. */
  readonly isQuiet?: boolean;
  step(step: ProgressStep): void;
  progress(progress: TransferProgress): void;
}
