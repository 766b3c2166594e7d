import type { Counts } from '../../core/status/pathState';
import type { PalmtreeError } from '../../errors';
import type { AnnouncedRevision } from '../../io/api/revisionFeed';
import type { ScanProgress } from '../../io/scan/scannerPort';
import type { TransferProgress } from '../../io/rsync/rsyncProgress';
import type { ProgressStep } from './progressStep';

/** What the folder is bound to. */
export interface Binding {
  /** The server's address: two may share a host behind one proxy. */
  readonly server: string;
  readonly tree: string;
}

/** What holds whatever goes on. */
export interface Overview {
  readonly binding: Binding | undefined;
  /** The revision that this machine last agreed on. */
  readonly revision: number;
  readonly counts: Counts;
  /** The newest revision on the server that is not taken over yet, as far as it was heard of. */
  readonly head?: AnnouncedRevision | undefined;
  /** Why nothing is heard of the server between commands, when that is so. */
  readonly offline?: PalmtreeError | undefined;
}

export type Activity =
  | { readonly kind: 'unconnected' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'conflicted' }
  | { readonly kind: 'scanning'; readonly progress: ScanProgress }
  | {
      readonly kind: 'transferring';
      readonly direction: 'push' | 'pull';
      readonly step: ProgressStep;
      readonly progress: TransferProgress | undefined;
    }
  /** The last command or scan failed; the next one clears it. */
  | { readonly kind: 'halted'; readonly error: PalmtreeError };

/** The one thing that the face shows: tree view, status bar and decorations are functions of it. */
export type SyncState = Overview & Activity;

export const nothing: Counts = { tracked: 0, outgoing: 0, incoming: 0, conflicts: 0, problems: 0 };
