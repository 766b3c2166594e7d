import type { Client } from '../../io/api/client';
import type { Screen, TransferRequest, TransferResult } from '../../io/rsync/transfer';
import type { TransferProgress } from '../../io/rsync/rsyncProgress';
import type { ProgressStep } from './progressStep';

/** The tree on its server, and what carries file content to and from it. */
export interface ServerBinding {
  readonly client: Client;
  readonly tree: string;
  /** Finds and checks rsync; throws rsync_missing or rsync_unusable. */
  findRsync(): Promise<string>;
  /** Opens a screen for one run: the terminal. `isQuiet`: the user asked for nothing, and is shown nothing unasked. */
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

/** What a running command tells about itself. */
export interface Reporter {
  readonly signal: AbortSignal;
  /** Nobody asked for it: no screen comes up by itself. */
  readonly isQuiet?: boolean;
  step(step: ProgressStep): void;
  progress(progress: TransferProgress): void;
}
