import { noPending, type PendingCounts } from '../../core/status/folderSummaries';
import type { PalmtreeError, TriedRsync } from '../../errors';
import type { AnnouncedRevision } from '../../io/api/revisionFeed';
import type { TransferProgress } from '../../io/transfer/transferProgress';
import type { ScanProgress } from '../../io/scan/scannerPort';
import type { ProgressStep } from './progressStep';

/** The tree that a folder is bound to. */
export interface Binding {
  /** The server's whole address: behind a proxy, several servers can share a host. */
  readonly server: string;
  readonly tree: string;
}

/** The numbers of changes that are not synced, and of tracked files. */
export interface Counts extends PendingCounts {
  /** Syncable paths on this disk. */
  readonly tracked: number;
}

/** The part of the state that does not depend on the current activity. */
export interface Overview {
  readonly binding: Binding | undefined;
  /** The last synced revision. */
  readonly revision: number;
  readonly counts: Counts;
  /** A rule tracks something, even if no file is there yet. */
  readonly isTracking: boolean;
  /** The server's announced revision, if its changes are fetched and not synced yet. */
  readonly head?: AnnouncedRevision | undefined;
  /** The reason why no updates are received from the server. */
  readonly offline?: PalmtreeError | undefined;
  /** The time of the next attempt to reach the server, in milliseconds since 1970; undefined while it is reached. */
  readonly nextTryAt?: number | undefined;
  /** All tracked files were scanned, and the server was asked, since this window has opened the folder. */
  readonly isChecked: boolean;
  /** The user has paused the pushes and pulls that nobody asks for, in all windows, until they resume them. */
  readonly isAutomationPaused?: boolean | undefined;
  /** The rsync that the last transfer could not use, so that its files traveled over HTTP. */
  readonly unusableRsync?: TriedRsync | undefined;
  /** One of Palmtree's own folders, by absolute path, whose disk does not respond. */
  readonly silentFolder?: string | undefined;
  /** The time since which a response of the server is awaited, in milliseconds since 1970, outside of a command. */
  readonly waitingSince?: number | undefined;
}

export type Activity =
  /** The folder is not bound yet, or not scanned yet: its counts are those of the last time. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'unconnected' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'conflicted' }
  | { readonly kind: 'scanning'; readonly progress: ScanProgress }
  | {
      readonly kind: 'transferring';
      readonly direction: 'push' | 'pull';
      readonly step: ProgressStep;
      readonly progress: TransferProgress | undefined;
      /** The time of the last progress, in milliseconds since 1970. */
      readonly since: number;
    }
  /** The last command or scan failed; the next one clears it. */
  | { readonly kind: 'halted'; readonly error: PalmtreeError };

/** The state of one folder. Tree view, status bar and decorations are functions of it. */
export type SyncState = Overview & Activity;

export const noCounts: Counts = { ...noPending, tracked: 0 };
