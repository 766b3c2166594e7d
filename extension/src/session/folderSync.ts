import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PathStates } from '../engine/pathState';
import { isPalmtreeError, PalmtreeError } from '../errors';
import type { Scanner, Store } from '../io/ports';
import { Emitter } from './emitter';
import { forcePush, type Replacement } from './forcePush';
import { pull, type PullOptions, type PullResult } from './pull';
import { push, type PushOptions, type PushResult } from './push';
import type { Remote, Reporter } from './remote';
import { Replica, type ScanSettings } from './replica';
import { resolve, type Choice, type ResolveResult } from './resolve';
import type { PullFolders } from './stage';
import { nothing, type Activity, type Binding, type SyncState } from './state';

/** Watchers tell of one save in several events; they are taken together. */
const hintDelayMs = 40;

export interface FolderSyncParts {
  readonly root: string;
  readonly store: Store;
  readonly scanner: Scanner;
  readonly folders: PullFolders;
  readonly settings: () => ScanSettings;
  readonly onDefect: (error: unknown) => void;
}

/**
 * Keeps one workspace folder in step with one tree.
 * Invariant: one operation at a time, in this window (the queue) and over all windows (the store's lock).
 */
export class FolderSync {
  readonly root: string;
  readonly #replica: Replica;
  readonly #store: Store;
  readonly #scanner: Scanner;
  readonly #folders: PullFolders;
  readonly #onDefect: (error: unknown) => void;
  readonly #changed: Emitter<SyncState>;
  readonly #lifetime = new AbortController();
  #remote: Remote | undefined;
  /** What `#remote` leads to. The store's binding is the windows' common one. */
  #bound: Binding | undefined;
  #activity: Activity = { kind: 'unconnected' };
  #paths: PathStates = { states: new Map(), counts: nothing };
  #queue: Promise<unknown> = Promise.resolve();
  #hints = new Set<string>();
  #hintTimer: NodeJS.Timeout | undefined;

  constructor(parts: FolderSyncParts) {
    this.root = parts.root;
    this.#store = parts.store;
    this.#scanner = parts.scanner;
    this.#folders = parts.folders;
    this.#onDefect = parts.onDefect;
    this.#changed = new Emitter(parts.onDefect);
    this.#replica = new Replica(parts);
  }

  get onDidChangeState() {
    return this.#changed.event;
  }

  get state(): SyncState {
    const { binding, revision } = this.#store.state;
    return { binding, revision, counts: this.#paths.counts, ...this.#activity };
  }

  get isConnected(): boolean {
    return this.#remote !== undefined;
  }

  /** Every path that is not in step, with its state. */
  get pathStates(): PathStates['states'] {
    return this.#paths.states;
  }

  /** The paths that stand on disk and are tracked. */
  get trackedPaths(): IterableIterator<string> {
    return this.#store.state.observations.keys();
  }

  isOnDisk(path: string): boolean {
    return this.#store.state.observations.has(path);
  }

  /** The newest revision that the server was heard to have. */
  get knownRevision(): number {
    return this.#replica.incoming?.revision ?? this.#store.state.revision;
  }

  problemAt(path: string): string | undefined {
    return this.#replica.problems.get(path)?.detail;
  }

  /** Binds the folder to a tree; with another tree or server than before, what was agreed no longer holds. */
  bind(remote: Remote | undefined, binding: Binding | undefined): Promise<void> {
    return this.#operate(async () => {
      this.#remote = remote;
      this.#bound = binding;
      const { state } = this.#store;
      const before = state.binding;
      if (binding === undefined || sameBinding(before, binding)) return;
      state.binding = binding;
      this.#replica.forgetAgreed();
      await this.#store.save();
    });
  }

  rescan(reporter: Reporter, options: { verify?: boolean } = {}): Promise<void> {
    return this.#operate(async () => {
      await this.#replica.scan({
        signal: AbortSignal.any([reporter.signal, this.#lifetime.signal]),
        verify: options.verify ?? false,
        onProgress: (progress) => this.#show({ kind: 'scanning', progress }),
      });
      await this.#store.save();
      if (this.#remote !== undefined) await this.#peek(this.#requireRemote(), reporter.signal);
    }, reporter.signal);
  }

  /** Takes the watcher's word that something happened at `paths`; the disk is what decides. */
  noteChanged(paths: Iterable<string>): void {
    for (const path of paths) this.#hints.add(path);
    this.#hintTimer ??= setTimeout(() => this.#followHints(), hintDelayMs);
  }

  /**
   * Tracks files, and folders with all that is in them; what stands on the server alone is brought by a pull.
   * Throws not_trackable with the paths that are on neither side.
   */
  async track(paths: readonly string[]): Promise<void> {
    const picked = await Promise.all(paths.map(async (path) => ({ path, kind: await this.#kindOf(path) })));
    const absent = picked.filter(({ kind }) => kind === undefined).map(({ path }) => path);
    if (absent.length > 0) {
      throw new PalmtreeError('not_trackable', `nothing to track at ${absent.join(', ')}`, {
        details: { paths: absent },
      });
    }
    await this.#operate(async () => {
      for (const { path, kind } of picked) this.#replica.track(path, kind ?? 'file');
      await this.#replica.scan({ signal: this.#lifetime.signal, only: paths });
      await this.#store.save();
    });
  }

  /** Stops syncing here. What is on disk stays, and so does what is on the server. */
  untrack(paths: readonly string[]): Promise<void> {
    return this.#operate(async () => {
      for (const path of paths) this.#replica.leave(path);
      await this.#replica.scan({ signal: this.#lifetime.signal });
      await this.#store.save();
    });
  }

  push(reporter: Reporter, options?: PushOptions): Promise<PushResult> {
    return this.#transfer('push', reporter, (remote, shown) => push(this.#replica, remote, shown, options));
  }

  forcePush(reporter: Reporter, confirm: (plan: Replacement) => Promise<boolean>): Promise<PushResult> {
    return this.#transfer('push', reporter, (remote, shown) => forcePush(this.#replica, remote, shown, confirm));
  }

  pull(reporter: Reporter, options?: PullOptions): Promise<PullResult> {
    return this.#transfer('pull', reporter, (remote, shown) =>
      pull(this.#replica, remote, this.#folders, shown, options),
    );
  }

  /** Makes the tree that the folder is bound to. */
  async makeTree(): Promise<void> {
    const remote = this.#requireRemote();
    await remote.client.makeTree(remote.tree);
  }

  /** Decides conflicts; see `resolve`. */
  resolve(
    reporter: Reporter,
    request: { readonly paths: readonly string[]; readonly choice: Choice },
    options?: PullOptions,
  ): Promise<ResolveResult> {
    return this.#transfer('pull', reporter, (remote, shown) =>
      resolve(this.#replica, remote, this.#folders, shown, request, options),
    );
  }

  /** What the server has at `path` in `revision`; empty where it has nothing. */
  async serverContent(path: string, revision: number): Promise<Uint8Array> {
    if (revision === 0) return new Uint8Array();
    const remote = this.#requireRemote();
    try {
      return await remote.client.content(remote.tree, path, revision);
    } catch (error) {
      if (isPalmtreeError(error, 'not_found')) return new Uint8Array();
      throw error;
    }
  }

  async dispose(): Promise<void> {
    clearTimeout(this.#hintTimer);
    this.#lifetime.abort();
    this.#changed.dispose();
    await this.#queue.catch(() => undefined);
    await this.#scanner.dispose();
  }

  #transfer<T>(
    direction: 'push' | 'pull',
    reporter: Reporter,
    work: (remote: Remote, reporter: Reporter) => Promise<T>,
  ): Promise<T> {
    return this.#operate(async () => {
      const remote = this.#requireRemote();
      let step = '';
      return work(remote, {
        signal: AbortSignal.any([reporter.signal, this.#lifetime.signal]),
        step: (text) => {
          step = text;
          reporter.step(text);
          this.#show({ kind: 'transferring', direction, step, progress: undefined });
        },
        progress: (progress) => {
          reporter.progress(progress);
          this.#show({ kind: 'transferring', direction, step, progress });
        },
      });
    }, reporter.signal);
  }

  /** Invariant: what one tree answered is never stored as agreed with another, should another window have rebound. */
  #requireRemote(): Remote {
    if (this.#remote !== undefined && sameBinding(this.#store.state.binding, this.#bound)) return this.#remote;
    throw new PalmtreeError('not_connected', 'no server is connected');
  }

  /** Runs one operation after all that were asked for before it, and shows how it ended. */
  #operate<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#enqueue(async () => {
      if (signal?.aborted === true) throw cancelled();
      try {
        const result = await this.#store.exclusively(async () => {
          if (await this.#store.refresh()) {
            this.#scanner.relearn(this.#store.state.observations.values());
            this.#replica.incoming = undefined;
          }
          return work();
        });
        this.#settle(undefined);
        return result;
      } catch (error) {
        this.#settle(error);
        throw error;
      }
    }, signal);
  }

  /** One after the other; what is cancelled while it waits for its turn ends at once. */
  #enqueue<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    let hasBegun = false;
    const run = this.#queue.then(() => {
      hasBegun = true;
      if (this.#lifetime.signal.aborted) throw cancelled();
      return work();
    });
    this.#queue = run.catch(() => undefined);
    if (signal === undefined) return run;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        if (!hasBegun) reject(cancelled());
      };
      signal.addEventListener('abort', onAbort);
      run.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    });
  }

  #followHints(): void {
    this.#hintTimer = undefined;
    const only = [...this.#hints];
    this.#hints = new Set();
    // Not an operation: looking changes nothing that another window relies on.
    this.#enqueue(() => this.#replica.scan({ only, signal: this.#lifetime.signal })).then(
      () => this.#look(),
      (error: unknown) => {
        if (!this.#lifetime.signal.aborted) this.#onDefect(error);
      },
    );
  }

  /** What the server has beyond our revision, for the count of what waits. */
  async #peek(remote: Remote, signal: AbortSignal): Promise<void> {
    try {
      await this.#replica.fetchIncoming(remote, signal);
      this.#replica.followIncoming();
      await this.#store.save();
    } catch (error) {
      // Whether to make the tree is asked when something is to be pushed; a server behind us is the pull's to mend.
      if (!isPalmtreeError(error, 'tree_not_found') && !isPalmtreeError(error, 'revision_not_found')) throw error;
    }
  }

  #settle(error: unknown): void {
    this.#paths = this.#replica.pathStates();
    this.#show(this.#restingActivity(error));
  }

  /** A look changes the counts; how the last command ended stays. */
  #look(): void {
    this.#paths = this.#replica.pathStates();
    this.#show(this.#activity.kind === 'halted' ? this.#activity : this.#restingActivity(undefined));
  }

  #restingActivity(error: unknown): Activity {
    if (error instanceof PalmtreeError && !expected.has(error.code)) return { kind: 'halted', error };
    if (this.#remote === undefined) return { kind: 'unconnected' };
    return { kind: this.#paths.counts.conflicts > 0 ? 'conflicted' : 'idle' };
  }

  #show(activity: Activity): void {
    this.#activity = activity;
    this.#changed.fire(this.state);
  }

  async #kindOf(path: string): Promise<'file' | 'folder' | undefined> {
    const stats = await lstat(join(this.root, path)).catch(() => undefined);
    if (stats === undefined) return this.#replica.kindOnServer(path);
    return stats.isDirectory() ? 'folder' : 'file';
  }
}

function sameBinding(a: Binding | undefined, b: Binding | undefined): boolean {
  return a?.server === b?.server && a?.tree === b?.tree;
}

function cancelled(): PalmtreeError {
  return new PalmtreeError('cancelled', 'cancelled before it began');
}

/** Ends of a command that leave nothing to mend: the user decides, and the state shows what waits. */
const expected: ReadonlySet<string> = new Set(['cancelled', 'stale_base', 'brake', 'not_connected', 'not_trackable']);
