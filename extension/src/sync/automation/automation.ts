import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isPalmtreeError, type PalmtreeError } from '../../errors';
import type { Wait } from '../../io/api/revisionFeed';
import type { FolderSync } from '../folder/folderSync';
import type { Reporter } from '../ports/serverBinding';
import type { PullOptions, PullResult } from '../pull/pull';
import type { PushResult } from '../push/push';
import { OutgoingChanges } from './outgoingChanges';

/** The pause from the last change to the push: several changes often follow each other closely. */
const pushDelayMs = 2_000;
/** The pause between two checks for a running git operation. */
const gitPauseMs = 1_000;

/** Pushes in a row that the server may reject as stale, before the user has to act. */
const maxStalePushes = 5;

/** Codes of failures that pass without the user's action. */
const transientCodes: ReadonlySet<string> = new Set(['server_unreachable', 'no_response', 'store_locked']);

export interface AutomationSettings {
  /** `save`: what the user saves in an editor. `change`: that, and what other programs change. */
  readonly pushOn: 'manual' | 'save' | 'change';
  readonly pullOn: 'manual' | 'change';
}

/** The reason why the automation pauses until the user acts. */
export type PauseReason =
  /** `isPulled`: the server's versions are known already, so a pull changes nothing. */
  | { readonly kind: 'conflicts'; readonly count: number; readonly isPulled: boolean }
  | { readonly kind: 'failed'; readonly direction: 'push' | 'pull'; readonly error: PalmtreeError };

export interface AutomationDeps {
  readonly sync: Pick<
    FolderSync,
    | 'root'
    | 'state'
    | 'pathStates'
    | 'conflicts'
    | 'onDidChangeState'
    | 'isTracked'
    | 'hashAt'
    | 'isUnchangedMerge'
    | 'push'
    | 'pull'
  >;
  readonly settings: () => AutomationSettings;
  /** Whether `change` also pushes the changes from before it started. By default they are left to the user. */
  readonly pushesEarlier?: boolean;
  /** The git operation that is running in one of these folders, if any. */
  readonly gitActivity: (folders: Iterable<string>) => Promise<string | undefined>;
  readonly pullOptions: () => Pick<PullOptions, 'autoMerge' | 'unmerged' | 'hasUnsavedEdits'>;
  /** Called once for each pause. */
  readonly onPaused: (reason: PauseReason) => void;
  readonly onPushed: (result: PushResult) => void;
  readonly onPulled: (result: PullResult) => void;
  readonly onDefect: (error: unknown) => void;
  /** Receives the progress of its transfers. */
  readonly reporter?: Pick<Reporter, 'step' | 'progress'>;
  readonly wait?: Wait;
}

/**
 * Pushes after saves or changes, and pulls announced revisions, if the settings say so.
 * Invariants: nothing runs while the user has paused it, while there is a conflict, or while git works on the folder. A push
 * sends only files that the user has saved in an editor or, with `change`, that anybody has changed. It never sends what a
 * pull or a merge has written: otherwise automations on several machines could push forever, and send texts that no user has
 * seen.
 */
export class Automation {
  readonly #deps: AutomationDeps;
  readonly #wait: Wait;
  readonly #lifetime = new AbortController();
  readonly #subscription: { dispose(): void };
  #delay: AbortController | undefined;
  readonly #changes: OutgoingChanges;
  /** Paths that were saved or changed, and not pushed yet. */
  #saved = new Set<string>();
  #isPushDue = false;
  #isPullDue = false;
  /** The synced revision when a push found a newer one on the server. The push is repeated after a pull. */
  #staleAt: number | undefined;
  /** The pushes in a row that were stale, each after a pull. */
  #stalePushes = 0;
  /** The head that was pulled last. The user decides about the changes that this pull left unapplied. */
  #pulledHead: number | undefined;
  /** Paths that the last pull skipped because of unsaved edits: another pull may merge them. */
  #unsaved: ReadonlySet<string> = new Set();
  #isPaused = false;
  #hasReportedConflicts = false;
  #isBusy = false;
  /** The last transfer, which may be running. */
  #last: Promise<unknown> = Promise.resolve();
  #isTransferring = false;
  #followsChanges = false;
  #wasPausedByUser = false;

  constructor(deps: AutomationDeps) {
    this.#deps = deps;
    this.#changes = new OutgoingChanges(deps.sync);
    this.#wait = deps.wait ?? ((ms, signal) => delay(ms, undefined, { signal }));
    this.#subscription = deps.sync.onDidChangeState(({ kind }) => {
      const isUserCommand = !this.#isTransferring && (kind === 'transferring' || kind === 'scanning');
      if (isUserCommand) {
        this.#isPaused = false;
        this.#stalePushes = 0;
      }
      this.schedule();
    });
    this.schedule();
  }

  /** Called when the user has saved files in an editor. */
  saved(paths: readonly string[]): void {
    const { settings, sync } = this.#deps;
    if (settings().pushOn !== 'manual') this.#pushLater(paths.filter((path) => sync.isTracked(path)));
  }

  /** Finds what has changed on the disk, if the settings say so. */
  #followChanges(): void {
    const { settings, sync, pushesEarlier = false } = this.#deps;
    const wasFollowing = this.#followsChanges;
    const { kind, isAutomationPaused = false } = sync.state;
    // The user who ends the pause wants what has changed meanwhile to be pushed.
    const isResumed = this.#wasPausedByUser && !isAutomationPaused;
    if (kind !== 'starting') this.#wasPausedByUser = isAutomationPaused;
    this.#followsChanges = settings().pushOn === 'change' && kind !== 'starting' && !isAutomationPaused;
    if (!this.#followsChanges) return;
    const changed = this.#changes.take();
    if (wasFollowing || pushesEarlier || isResumed) this.#pushLater(changed);
  }

  #pushLater(paths: readonly string[]): void {
    if (paths.length === 0) return;
    for (const path of paths) this.#saved.add(path);
    this.#delay?.abort();
    this.#delay = new AbortController();
    const signal = AbortSignal.any([this.#lifetime.signal, this.#delay.signal]);
    this.#wait(pushDelayMs, signal).then(
      () => {
        this.#isPushDue = this.#saved.size > 0;
        this.schedule();
      },
      () => undefined,
    );
  }

  /** Starts the push or pull that is due, if any. To be called when the settings have changed. */
  schedule(): void {
    this.#followChanges();
    if (this.#isBusy || this.#next() === undefined) return;
    this.#isBusy = true;
    this.#last = this.#runNext()
      .catch((error: unknown) => {
        if (!this.#lifetime.signal.aborted) this.#deps.onDefect(error);
      })
      .finally(() => {
        this.#isBusy = false;
        this.schedule();
      });
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#lifetime.abort();
  }

  #next(): 'push' | 'pull' | undefined {
    const { pushOn, pullOn } = this.#deps.settings();
    const { kind, counts, head, revision, isAutomationPaused } = this.#deps.sync.state;
    if (pushOn === 'manual') {
      this.#isPushDue = false;
      this.#saved.clear();
    }
    if (counts.conflicts === 0) this.#hasReportedConflicts = false;
    if (this.#lifetime.signal.aborted || (kind !== 'idle' && kind !== 'conflicted')) return undefined;
    if (isAutomationPaused === true) return undefined;
    const hasNewHead =
      head !== undefined && counts.incoming + counts.conflicts > 0 && head.revision !== this.#pulledHead;
    const isPullDue = pullOn === 'change' && (hasNewHead || this.#isPullDue);
    if (counts.conflicts > 0) {
      // A decision moves to the new head without a pull, so the other changes of that head remain due.
      this.#isPullDue = isPullDue;
      const isPulled = head === undefined && !this.#mayMergeUnsaved;
      if (isPullDue || this.#isPushDue) this.#reportConflicts(counts.conflicts, isPulled);
      return undefined;
    }
    if (this.#isPaused) return undefined;
    if (isPullDue) return 'pull';
    // The server rejects a push on an older revision. The arrow in the status bar shows that a pull is needed.
    return this.#isPushDue && head === undefined && this.#staleAt !== revision ? 'push' : undefined;
  }

  async #runNext(): Promise<void> {
    const { gitActivity, sync } = this.#deps;
    // Repositories can be anywhere in the workspace folder. Only those with pending paths matter.
    const pending = [...sync.pathStates.keys(), ...this.#saved];
    const folders = new Set(pending.map((path) => dirname(join(sync.root, path))));
    if ((await gitActivity(folders)) !== undefined) return void (await this.#wait(gitPauseMs, this.#lifetime.signal));
    const direction = this.#next();
    if (direction === undefined) return;
    try {
      await this.#transfer(direction);
    } catch (error) {
      if (!isPalmtreeError(error)) throw error;
      this.#handleFailure(direction, error);
    }
  }

  get #mayMergeUnsaved(): boolean {
    return this.#deps.sync.conflicts.every(({ path }) => this.#unsaved.has(path));
  }

  async #pull(): Promise<void> {
    const { sync, pullOptions } = this.#deps;
    this.#pulledHead = sync.state.head?.revision;
    this.#isPullDue = false;
    const result = await sync.pull(this.#reporter, { ...pullOptions(), leavesUndone: true, isUnattended: true });
    this.#unsaved = new Set(result.skipped.flatMap(({ path, reason }) => (reason === 'unsaved' ? [path] : [])));
    for (const path of result.merged) this.#saved.delete(path);
    if (this.#saved.size === 0) this.#isPushDue = false;
    if (result.conflicts.length > 0) this.#reportConflicts(result.conflicts.length, true);
    this.#deps.onPulled(result);
  }

  async #push(): Promise<void> {
    // Reset first: a save during the push makes another one due.
    this.#isPushDue = false;
    const only = this.#saved;
    this.#saved = new Set();
    try {
      const result = await this.#deps.sync.push(this.#reporter, { only });
      // Sent with the next save: another push at once would find them busy again.
      for (const { path } of result.skipped) this.#saved.add(path);
      this.#stalePushes = 0;
      this.#deps.onPushed(result);
    } catch (error) {
      for (const path of only) this.#saved.add(path);
      throw error;
    }
  }

  async #transfer(direction: 'push' | 'pull'): Promise<void> {
    this.#isTransferring = true;
    try {
      await (direction === 'pull' ? this.#pull() : this.#push());
    } finally {
      this.#isTransferring = false;
    }
  }

  /** Transfers again for the user, after the running transfer, and whatever state the failure has left. */
  async #again(direction: 'push' | 'pull'): Promise<void> {
    while (this.#isBusy) await this.#last;
    this.#isBusy = true;
    const run = this.#transfer(direction)
      .then(() => void (this.#isPaused = false))
      .finally(() => {
        this.#isBusy = false;
        this.schedule();
      });
    this.#last = run.catch(() => undefined);
    return run;
  }

  #handleFailure(direction: 'push' | 'pull', error: PalmtreeError): void {
    const { settings, sync, onPaused } = this.#deps;
    error.again ??= () => this.#again(direction);
    if (direction === 'push') this.#isPushDue = true;
    else this.#pulledHead = undefined;
    if (error.code === 'stale_base' && ++this.#stalePushes < maxStalePushes) {
      this.#staleAt = sync.state.revision;
      this.#isPullDue = settings().pullOn === 'change';
    } else if (!transientCodes.has(error.code)) {
      this.#isPaused = true;
      if (error.code !== 'cancelled') onPaused({ kind: 'failed', direction, error });
    }
  }

  #reportConflicts(count: number, isPulled: boolean): void {
    if (this.#hasReportedConflicts) return;
    this.#hasReportedConflicts = true;
    this.#deps.onPaused({ kind: 'conflicts', count, isPulled });
  }

  get #reporter(): Reporter {
    const { reporter } = this.#deps;
    return {
      signal: this.#lifetime.signal,
      isQuiet: true,
      step: (step) => reporter?.step(step),
      progress: (progress) => reporter?.progress(progress),
    };
  }
}
