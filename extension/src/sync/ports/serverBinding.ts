import type { Client } from '../../io/api/client';
import type { Screen, TransferRequest, TransferResult } from '../../io/rsync/transfer';
import type { TransferProgress } from '../../io/rsync/rsyncProgress';

/** The tree on its server, and what carries file content to and from it. */
export interface ServerBinding {
  readonly client: Client;
  readonly tree: string;
  /** Finds and checks rsync; throws rsync_missing or rsync_unusable. */
  findRsync(): Promise<string>;
  /** Opens a screen for one run: the terminal. `isQuiet`: the user asked for nothing, and is shown nothing unasked. */
  openScreen(title: string, isQuiet: boolean): RunScreen;
  transfer(request: TransferRequest): Promise<TransferResult>;
}

export interface RunScreen extends Screen {
  /** Aborted by Ctrl-C in the screen. */
  readonly interrupted: AbortSignal;
  end(outcome: 'done' | 'failed' | 'cancelled', summary: string): void;
}

/** What a running command tells about itself. */
export interface Reporter {
  readonly signal: AbortSignal;
  /** Nobody asked for it: no screen comes up by itself. */
  readonly isQuiet?: boolean;
  step(text: string): void;
  progress(progress: TransferProgress): void;
}
