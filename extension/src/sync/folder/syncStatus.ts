import { isServerAbsent, PalmtreeError } from '../../errors';
import { Emitter } from '../ports/emitter';
import { noCounts, type Activity, type Overview, type SyncState } from '../ports/syncState';
import type { FolderStates } from '../replica/pathStateCache';

export interface SyncStatusDeps {
  readonly overview: () => Omit<Overview, 'counts'>;
  readonly pathStates: () => Promise<FolderStates>;
  readonly isConnected: () => boolean;
  readonly onDefect: (error: unknown) => void;
}

/** Publishes the state of one folder: the states of its paths as last computed, and the current activity. */
export class SyncStatus {
  readonly #deps: SyncStatusDeps;
  readonly #changed: Emitter<SyncState>;
  #activity: Activity = { kind: 'unconnected' };
  #pathStates: FolderStates = { states: new Map(), conflicts: [], counts: noCounts, problems: new Map() };

  constructor(deps: SyncStatusDeps) {
    this.#deps = deps;
    this.#changed = new Emitter(deps.onDefect);
  }

  get onDidChange() {
    return this.#changed.event;
  }

  get state(): SyncState {
    return { ...this.#deps.overview(), counts: this.#pathStates.counts, ...this.#activity };
  }

  get pathStates(): FolderStates {
    return this.#pathStates;
  }

  get isHaltedByAbsentServer(): boolean {
    return this.#activity.kind === 'halted' && isServerAbsent(this.#activity.error);
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
    this.#pathStates = await this.#deps.pathStates();
    this.show(this.#activityAfter(error));
  }

  /** Updates the states of the paths. A folder that the last command has halted remains halted. */
  async refresh(pathStates = this.#deps.pathStates()): Promise<void> {
    this.#pathStates = await pathStates;
    this.show(this.#activity.kind === 'halted' ? this.#activity : this.#activityAfter(undefined));
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #activityAfter(error: unknown): Activity {
    if (error instanceof PalmtreeError && !nonHalting.has(error.code)) return { kind: 'halted', error };
    if (!this.#deps.isConnected()) return { kind: 'unconnected' };
    return { kind: this.#pathStates.counts.conflicts > 0 ? 'conflicted' : 'idle' };
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
  'backup_deleted',
  'backup_gone',
]);
