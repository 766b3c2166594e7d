import { PalmtreeError } from '../../errors';
import { Emitter } from '../ports/emitter';
import type { FolderStates } from '../replica/pathStateCache';
import { nothing, type Activity, type Overview, type SyncState } from '../ports/syncState';

export interface SyncStatusDeps {
  readonly overview: () => Omit<Overview, 'counts'>;
  /** How the paths stand by all that is known now. */
  readonly pathStates: () => Promise<FolderStates>;
  readonly isConnected: () => boolean;
  readonly onDefect: (error: unknown) => void;
}

/** What is shown of one folder: how its paths stood at the last look, and what goes on. */
export class SyncStatus {
  readonly #deps: SyncStatusDeps;
  readonly #changed: Emitter<SyncState>;
  #activity: Activity = { kind: 'unconnected' };
  #paths: FolderStates = { states: new Map(), conflicts: [], counts: nothing, problems: new Map() };

  constructor(parts: SyncStatusDeps) {
    this.#deps = parts;
    this.#changed = new Emitter(parts.onDefect);
  }

  get onDidChange() {
    return this.#changed.event;
  }

  get state(): SyncState {
    return { ...this.#deps.overview(), counts: this.#paths.counts, ...this.#activity };
  }

  get paths(): FolderStates {
    return this.#paths;
  }

  get isHaltedByAbsence(): boolean {
    return this.#activity.kind === 'halted' && this.#activity.error.code === 'server_unreachable';
  }

  show(activity: Activity): void {
    this.#activity = activity;
    this.#changed.fire(this.state);
  }

  /** Something beside the paths and the activity has changed. */
  showAgain(): void {
    this.#changed.fire(this.state);
  }

  /** A command has ended. */
  async settle(error: unknown): Promise<void> {
    this.#paths = await this.#deps.pathStates();
    this.show(this.#restingActivity(error));
  }

  /** A look changes the counts; how the last command ended stays. */
  async look(paths = this.#deps.pathStates()): Promise<void> {
    this.#paths = await paths;
    this.show(this.#activity.kind === 'halted' ? this.#activity : this.#restingActivity(undefined));
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #restingActivity(error: unknown): Activity {
    if (error instanceof PalmtreeError && !expected.has(error.code)) return { kind: 'halted', error };
    if (!this.#deps.isConnected()) return { kind: 'unconnected' };
    return { kind: this.#paths.counts.conflicts > 0 ? 'conflicted' : 'idle' };
  }
}

/** Ends of a command that leave nothing to mend: the user decides, and the state shows what waits. */
const expected: ReadonlySet<string> = new Set([
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
]);
