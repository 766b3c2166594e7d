import { folderSummaries, noPending, type FolderSummaries } from '../../core/status/folderSummaries';
import type { PendingRenames } from '../../core/status/pendingRenames';
import { isServerAbsent, PalmtreeError } from '../../errors';
import { lastingRefusals } from '../../io/api/refusals';
import { Emitter } from './emitter';
import type { Carrier } from '../../io/transfer/transferRequest';
import { type Activity, type Overview, type SyncState } from '../ports/syncState';
import type { FolderStates } from '../replica/pathStateCache';

export interface SyncStatusDeps {
  readonly overview: () => Omit<Overview, 'counts'>;
  readonly pathStates: () => Promise<FolderStates>;
  /** The renames among the changes with these states. */
  readonly renamesIn: (states: FolderStates['states']) => PendingRenames;
  /** The states to publish while the folder is not connected. */
  readonly withoutServer: (states: FolderStates) => FolderStates;
  readonly isConnected: () => boolean;
  /** Whether the folder is not bound yet, or connected and not scanned yet. */
  readonly isStarting: () => boolean;
  readonly onDefect: (error: unknown) => void;
}

/** Publishes the state of one folder: the states of its paths as last computed, and the current activity. */
export class SyncStatus {
  readonly #deps: SyncStatusDeps;
  readonly #changed: Emitter<SyncState>;
  #activity: Activity = { kind: 'starting' };
  #carrier: Carrier | undefined;
  #knownStates: FolderStates = {
    states: new Map(),
    conflicts: [],
    tracked: 0,
    problems: new Map(),
    held: new Map(),
  };

  #local: { readonly known: FolderStates; readonly shown: FolderStates } | undefined;
  #summarized: { readonly states: FolderStates['states']; readonly summaries: FolderSummaries } | undefined;

  constructor(deps: SyncStatusDeps) {
    this.#deps = deps;
    this.#changed = new Emitter(deps.onDefect);
  }

  get onDidChange() {
    return this.#changed.event;
  }

  get state(): SyncState {
    const { pending = noPending } = this.summaries.get('') ?? {};
    const { tracked } = this.pathStates;
    const unusableRsync = this.#carrier?.kind === 'http' ? this.#carrier.instead : undefined;
    return { ...this.#deps.overview(), unusableRsync, counts: { ...pending, tracked }, ...this.#activity };
  }

  get summaries(): FolderSummaries {
    const { states } = this.pathStates;
    if (this.#summarized?.states !== states) {
      this.#summarized = { states, summaries: folderSummaries(states, this.#deps.renamesIn(states)) };
    }
    return this.#summarized.summaries;
  }

  get pathStates(): FolderStates {
    const isUnconnected = !this.#deps.isStarting() && !this.#deps.isConnected();
    if (!isUnconnected) return this.#knownStates;
    if (this.#local?.known !== this.#knownStates) {
      this.#local = { known: this.#knownStates, shown: this.#deps.withoutServer(this.#knownStates) };
    }
    return this.#local.shown;
  }

  /** The states against what is known of the server, even if it is not connected any more. */
  get knownStates(): FolderStates {
    return this.#knownStates;
  }

  /** The error that has halted the folder. */
  get error(): PalmtreeError | undefined {
    return this.#activity.kind === 'halted' ? this.#activity.error : undefined;
  }

  /** Whether the folder is halted by an error that the next response of the server disproves. */
  get isHaltedByServer(): boolean {
    return isServerFailure(this.error);
  }

  /** The carrier of the last transfer. */
  noteCarrier(carrier: Carrier): void {
    this.#carrier = carrier;
  }

  show(activity: Activity): void {
    this.#activity = activity;
    this.notify();
  }

  /** Notifies the listeners, after a change of the overview for example. */
  notify(): void {
    this.#changed.fire(this.state);
  }

  /** Shows the result of a command: idle or in conflict, or halted by `error`. */
  async commandEnded(error: unknown): Promise<void> {
    this.#knownStates = await this.#deps.pathStates();
    this.show(this.#activityAfter(error));
  }

  /** Updates the states of the paths. A folder that the last command has halted remains halted. */
  async refresh(pathStates = this.#deps.pathStates()): Promise<void> {
    this.#knownStates = await pathStates;
    this.show(this.#activity.kind === 'halted' ? this.#activity : this.#activityAfter(undefined));
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #activityAfter(error: unknown): Activity {
    const isStarting = this.#deps.isStarting();
    if (error instanceof PalmtreeError) {
      // Another window kept this one from its first scan.
      const isKept = isStarting && error.code === 'store_locked';
      if (isKept || !nonHalting.has(error.code)) return { kind: 'halted', error };
    }
    if (isStarting) return { kind: 'starting' };
    if (!this.#deps.isConnected()) return { kind: 'unconnected' };
    return { kind: this.pathStates.conflicts.length > 0 ? 'conflicted' : 'idle' };
  }
}

/** Codes of errors that leave nothing to repair: the user decides, and the state shows what is pending. */
const nonHalting: ReadonlySet<string> = new Set([
  'cancelled',
  'stale_base',
  'deletion_guard',
  'not_connected',
  'store_locked',
  'not_trackable',
  'no_conflict',
  'not_mergeable',
  'conflict_markers',
  'changed_meanwhile',
  'not_aborted',
  'not_in_revision',
  'nothing_to_undo',
  'nothing_to_discard',
  'backup_deleted',
  'backup_gone',
]);

/** Whether a successful request for the server's changes shows that the cause of `error` is gone. */
export function isServerFailure(error: unknown): boolean {
  return isServerAbsent(error) || (error instanceof PalmtreeError && refusals.has(error.code));
}

const refusals: ReadonlySet<string> = new Set([
  ...lastingRefusals,
  'not_a_palmtree_server',
  'ssh_server_failed',
  'ssh_failed',
]);
