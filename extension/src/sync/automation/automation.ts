import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isPalmtreeError, type PalmtreeError } from '../../errors';
import type { Wait } from '../../io/api/revisionFeed';
import type { FolderSync } from '../folder/folderSync';
import type { PullOptions, PullResult } from '../pull/pull';
import type { PushResult } from '../push/push';
import type { Reporter } from '../ports/serverBinding';

/** After the last save, since several often come together. */
const saveDelayMs = 2_000;
/** Between two looks at what git is at. */
const gitPauseMs = 1_000;

export interface AutomationSettings {
  readonly pushOnSave: 'off' | 'afterDelay';
  readonly pullOn: 'manual' | 'change';
}

/** What stops the automation until the user acts. */
export type Obstacle =
  /** `isPulled`: theirs was pulled already, so that a pull brings nothing more. */
  | { readonly kind: 'conflicts'; readonly count: number; readonly isPulled: boolean }
  | { readonly kind: 'failed'; readonly direction: 'push' | 'pull'; readonly error: PalmtreeError };

export interface AutomationDeps {
  readonly sync: Pick<
    FolderSync,
    'root' | 'state' | 'pathStates' | 'conflicts' | 'onDidChangeState' | 'isTracked' | 'push' | 'pull'
  >;
  readonly settings: () => AutomationSettings;
  /** What git is at in these folders; undefined when it is at rest. */
  readonly gitActivity: (folders: Iterable<string>) => Promise<string | undefined>;
  readonly pullOptions: () => Pick<PullOptions, 'autoMerge' | 'unmerged' | 'isUnsaved'>;
  /** Called once; then there is silence until the user acts. */
  readonly onObstacle: (obstacle: Obstacle) => void;
  readonly onPushed: (result: PushResult) => void;
  readonly onPulled: (result: PullResult) => void;
  readonly onDefect: (error: unknown) => void;
  readonly wait?: Wait;
}

/**
 * Pushes after saves and pulls what the server tells of, where the settings say so.
 * Invariants: nothing runs over a conflict or while git works on the folder. Only what was saved in the editor is
 * sent: neither what a pull wrote or merged, so that machines that all do this come to rest and nobody's text goes on
 * unseen, nor what a checkout did.
 */
export class Automation {
  readonly #deps: AutomationDeps;
  readonly #wait: Wait;
  readonly #lifetime = new AbortController();
  readonly #subscription: { dispose(): void };
  #delay: AbortController | undefined;
  /** Saved, and not sent yet. */
  #saved = new Set<string>();
  #isPushDue = false;
  #isPullDue = false;
  /** The server was at another revision when this one was to be pushed upon: again when it is another here, too. */
  #staleAt: number | undefined;
  /** The head that a pull was tried for: what it held back waits for the user. */
  #pulledFor: number | undefined;
  /** What that pull left alone since it had unsaved edits: another may merge it. */
  #unsaved: ReadonlySet<string> = new Set();
  #isStopped = false;
  #hasToldConflicts = false;
  #isBusy = false;
  #isTransferring = false;

  constructor(parts: AutomationDeps) {
    this.#deps = parts;
    this.#wait = parts.wait ?? ((ms, signal) => delay(ms, undefined, { signal }));
    this.#subscription = parts.sync.onDidChangeState(({ kind }) => {
      const isUsers = !this.#isTransferring && (kind === 'transferring' || kind === 'scanning');
      if (isUsers) this.#isStopped = false;
      this.schedule();
    });
    this.schedule();
  }

  /** The user saved these files. */
  saved(paths: readonly string[]): void {
    const { settings, sync } = this.#deps;
    const tracked = settings().pushOnSave === 'off' ? [] : paths.filter((path) => sync.isTracked(path));
    if (tracked.length === 0) return;
    for (const path of tracked) this.#saved.add(path);
    this.#delay?.abort();
    this.#delay = new AbortController();
    const signal = AbortSignal.any([this.#lifetime.signal, this.#delay.signal]);
    this.#wait(saveDelayMs, signal).then(
      () => {
        this.#isPushDue = this.#saved.size > 0;
        this.schedule();
      },
      () => undefined,
    );
  }

  /** Does what is to be done now, if anything is; called too when the settings have changed. */
  schedule(): void {
    if (this.#isBusy || this.#next() === undefined) return;
    this.#isBusy = true;
    this.#act()
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
    const { pushOnSave, pullOn } = this.#deps.settings();
    const { kind, counts, head, revision } = this.#deps.sync.state;
    if (pushOnSave === 'off') {
      this.#isPushDue = false;
      this.#saved.clear();
    }
    if (counts.conflicts === 0) this.#hasToldConflicts = false;
    if (this.#lifetime.signal.aborted || (kind !== 'idle' && kind !== 'conflicted')) return undefined;
    const isNews = head !== undefined && counts.incoming + counts.conflicts > 0 && head.revision !== this.#pulledFor;
    const isPullDue = pullOn === 'change' && (isNews || this.#isPullDue);
    if (counts.conflicts > 0) {
      // Deciding them takes the revision over, and what else is new in it waits on.
      this.#isPullDue = isPullDue;
      if (isPullDue || this.#isPushDue) this.#tellConflicts(counts.conflicts, head === undefined && !this.#mayBeMerged);
      return undefined;
    }
    if (this.#isStopped) return undefined;
    if (isPullDue) return 'pull';
    // Upon a head that is not pulled no push is taken: the arrow in the status bar says enough.
    return this.#isPushDue && head === undefined && this.#staleAt !== revision ? 'push' : undefined;
  }

  async #act(): Promise<void> {
    const { gitActivity, sync } = this.#deps;
    // A repository may lie anywhere in the workspace folder: those count in which something waits.
    const waiting = new Set([...sync.pathStates.keys(), ...this.#saved].map((path) => dirname(join(sync.root, path))));
    if ((await gitActivity(waiting)) !== undefined) return void (await this.#wait(gitPauseMs, this.#lifetime.signal));
    const direction = this.#next();
    if (direction === undefined) return;
    this.#isTransferring = true;
    try {
      await (direction === 'pull' ? this.#pull() : this.#push());
    } catch (error) {
      if (!isPalmtreeError(error)) throw error;
      this.#meet(direction, error);
    } finally {
      this.#isTransferring = false;
    }
  }

  get #mayBeMerged(): boolean {
    return this.#deps.sync.conflicts.every(({ path }) => this.#unsaved.has(path));
  }

  async #pull(): Promise<void> {
    const { sync, pullOptions } = this.#deps;
    this.#pulledFor = sync.state.head?.revision;
    this.#isPullDue = false;
    const result = await sync.pull(this.#reporter, pullOptions());
    this.#unsaved = new Set(result.skipped.flatMap(({ path, reason }) => (reason === 'unsaved' ? [path] : [])));
    for (const path of result.merged) this.#saved.delete(path);
    if (this.#saved.size === 0) this.#isPushDue = false;
    if (result.conflicts.length > 0) this.#tellConflicts(result.conflicts.length, true);
    this.#deps.onPulled(result);
  }

  async #push(): Promise<void> {
    // Before it runs: what is saved meanwhile is due again.
    this.#isPushDue = false;
    const only = this.#saved;
    this.#saved = new Set();
    try {
      this.#deps.onPushed(await this.#deps.sync.push(this.#reporter, { only }));
    } catch (error) {
      for (const path of only) this.#saved.add(path);
      throw error;
    }
  }

  #meet(direction: 'push' | 'pull', error: PalmtreeError): void {
    const { settings, sync, onObstacle } = this.#deps;
    if (direction === 'push') this.#isPushDue = true;
    else this.#pulledFor = undefined;
    if (error.code === 'stale_base') {
      this.#staleAt = sync.state.revision;
      this.#isPullDue = settings().pullOn === 'change';
    } else if (error.code !== 'server_unreachable' && error.code !== 'store_locked') {
      this.#isStopped = true;
      if (error.code !== 'cancelled') onObstacle({ kind: 'failed', direction, error });
    }
  }

  #tellConflicts(count: number, isPulled: boolean): void {
    if (this.#hasToldConflicts) return;
    this.#hasToldConflicts = true;
    this.#deps.onObstacle({ kind: 'conflicts', count, isPulled });
  }

  get #reporter(): Reporter {
    const nothing = (): void => undefined;
    return { signal: this.#lifetime.signal, isQuiet: true, step: nothing, progress: nothing };
  }
}
