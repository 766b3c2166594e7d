import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '../engine/entry';
import type { NameRules } from '../engine/names';
import type { PathStates } from '../engine/pathState';
import type { Rule } from '../engine/rule';
import { isPalmtreeError, PalmtreeError } from '../errors';
import type { PathHistory, RevisionDetail, RevisionList } from '../../../server/src/contract/history';
import type { Scanner, Store } from '../io/ports';
import type { HeardRevision } from '../io/revisionFeed';
import { agreedContent } from './agreedContent';
import { Emitter } from './emitter';
import { finishMerge, type BegunMerge } from './finishMerge';
import { forcePush, type Replacement } from './forcePush';
import { makePlan, type PlanOptions } from './makePlan';
import type { Plan, PlanDirection } from './plan';
import { pull, type PullOptions, type PullResult } from './pull';
import type { PullRecord } from './pullRecord';
import { push, type PushOptions, type PushResult } from './push';
import type { Remote, Reporter } from './remote';
import { Replica, type ScanSettings } from './replica';
import { resolve, type Choice, type ResolveOptions, type ResolveResult } from './resolve';
import { restore, type RestoreRequest, type RestoreResult } from './restore';
import { ServerNews } from './serverNews';
import type { PullFolders } from './stage';
import { startMerge, type MergeSides } from './startMerge';
import { nothing, type Activity, type Binding, type SyncState } from './state';
import { lastPull, undoPull, type UndoPullResult } from './undoPull';
import { undoPush, type UndoPushResult } from './undoPush';

/** Watchers tell of one save in several events; they are taken together. */
const hintDelayMs = 40;

export interface FolderSyncParts {
  readonly root: string;
  readonly store: Store;
  readonly scanner: Scanner;
  readonly folders: PullFolders;
  readonly settings: () => ScanSettings;
  /** How the disk takes names; found by looking, unless told. */
  readonly nameRules?: () => NameRules;
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
  #paths: PathStates = { states: new Map(), conflicts: [], counts: nothing };
  #queue: Promise<unknown> = Promise.resolve();
  #hints = new Set<string>();
  #hintTimer: NodeJS.Timeout | undefined;
  readonly #news: ServerNews;
  #lookWaits = false;

  constructor(parts: FolderSyncParts) {
    this.root = parts.root;
    this.#store = parts.store;
    this.#scanner = parts.scanner;
    this.#folders = parts.folders;
    this.#onDefect = parts.onDefect;
    this.#changed = new Emitter(parts.onDefect);
    this.#replica = new Replica(parts);
    this.#news = new ServerNews({
      onNews: () => this.#followNews(),
      onStanding: () => this.#show(this.#activity),
      onDefect: parts.onDefect,
    });
  }

  get onDidChangeState() {
    return this.#changed.event;
  }

  get state(): SyncState {
    const { binding, revision } = this.#store.state;
    const { counts } = this.#paths;
    return { binding, revision, counts, head: this.#head, away: this.#news.away, ...this.#activity };
  }

  get isConnected(): boolean {
    return this.#remote !== undefined;
  }

  /** Every path that is not in step, with its state. */
  get pathStates(): PathStates['states'] {
    return this.#paths.states;
  }

  /** Those among them that both sides changed, sorted by path. */
  get conflicts(): PathStates['conflicts'] {
    return this.#paths.conflicts;
  }

  /** The paths that stand on disk and are tracked. */
  get trackedPaths(): IterableIterator<string> {
    return this.#store.state.observations.keys();
  }

  /** A rule takes `path` in, whether it stands or not. */
  isTracked(path: string): boolean {
    return this.#replica.selection().includes(path);
  }

  /** What was tracked and left out by name. */
  get rules(): ReadonlyMap<string, Rule> {
    return this.#store.state.rules;
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
      await this.#news.dispose();
      this.#remote = remote;
      this.#bound = binding;
      const { state } = this.#store;
      const before = state.binding;
      if (binding !== undefined && !sameBinding(before, binding)) {
        state.binding = binding;
        this.#replica.forgetAgreed();
        await this.#store.save();
      }
      if (!this.#lifetime.signal.aborted) await this.#news.follow(remote, state.revision);
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
      if (this.#remote === undefined) return;
      await this.#peek(this.#requireRemote(), reporter.signal);
      this.#news.wake();
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
    this.#news.wake();
  }

  /** Decides conflicts; see `resolve`. */
  resolve(
    reporter: Reporter,
    request: { readonly paths: readonly string[]; readonly choice: Choice },
    options?: ResolveOptions,
  ): Promise<ResolveResult> {
    return this.#transfer('pull', reporter, (remote, shown) =>
      resolve(this.#replica, remote, this.#folders, shown, request, options),
    );
  }

  /** What a command would do; see `makePlan`. */
  plan(reporter: Reporter, direction: PlanDirection, options?: PlanOptions): Promise<Plan> {
    return this.#transfer(direction === 'push' ? 'push' : 'pull', reporter, (remote, shown) =>
      makePlan(this.#replica, remote, shown, direction, options),
    );
  }

  /** Reads the sides of a conflict for a merge editor; see `startMerge`. */
  startMerge(reporter: Reporter, path: string, options?: PullOptions): Promise<MergeSides> {
    return this.#transfer('pull', reporter, (remote, shown) =>
      startMerge(this.#replica, remote, this.#folders, shown, path, options),
    );
  }

  /** Takes what stands at the path for a merge that is done; see `finishMerge`. */
  finishMerge(reporter: Reporter, merge: BegunMerge, options?: ResolveOptions): Promise<'merged' | 'outdated'> {
    return this.#transfer('pull', reporter, (remote, shown) =>
      finishMerge(this.#replica, remote, this.#folders, shown, merge, options),
    );
  }

  /** Brings files and folders as they stood in a revision to the disk, to be looked at and pushed; see `restore`. */
  restore(
    reporter: Reporter,
    request: RestoreRequest,
    options?: Pick<PullOptions, 'isUnsaved'>,
  ): Promise<RestoreResult> {
    return this.#transfer('pull', reporter, (remote, shown) =>
      restore(this.#replica, remote, this.#folders, shown, request, options),
    );
  }

  /** Makes a revision on the server that takes `revision` back; see `undoPush`. */
  undoPush(reporter: Reporter, revision: number): Promise<UndoPushResult> {
    return this.#transfer('push', reporter, (remote, shown) => undoPush(this.#replica, remote, shown, revision));
  }

  /** Puts back what the last pull replaced or deleted here; see `undoPull`. No server is needed for it. */
  undoPull(reporter: Reporter, options?: Pick<PullOptions, 'isUnsaved'>): Promise<UndoPullResult> {
    return this.#operate(
      () => undoPull(this.#replica, this.#folders, this.#shown('pull', reporter), options),
      reporter.signal,
    );
  }

  /** The pull that `undoPull` would undo, as far as is known without looking at the disk again. */
  lastPull(): Promise<PullRecord | undefined> {
    return lastPull(this.#replica, this.#folders);
  }

  /** A page of the tree's revisions, newest first: those before `before`, where it is given. */
  async revisions(before?: number, signal?: AbortSignal): Promise<RevisionList> {
    const { client, tree } = this.#requireRemote();
    return client.revisions(tree, before, signal);
  }

  /** What `revision` changed. Throws revision_not_found. */
  async revisionDetail(revision: number, signal?: AbortSignal): Promise<RevisionDetail> {
    const { client, tree } = this.#requireRemote();
    return client.revision(tree, revision, signal);
  }

  /** A page of the versions of one path, newest first: those before revision `before`, where it is given. */
  async history(path: string, before?: number, signal?: AbortSignal): Promise<PathHistory> {
    const { client, tree } = this.#requireRemote();
    return client.history(tree, path, before, signal);
  }

  /** Every path that stood in `revision`, sorted. Throws revision_not_found. */
  async pathsAt(revision: number): Promise<string[]> {
    const { client, tree } = this.#requireRemote();
    const { changes } = await client.compare(tree, 0, revision);
    return changes.map(({ path }) => path);
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

  /** What both sides agreed on last at `path`, where that is something. */
  agreedEntry(path: string): Entry | undefined {
    return this.#store.state.ancestor.get(path);
  }

  /** The hash of what both sides agreed on last at `path`, where that is something. */
  agreedHash(path: string): string | undefined {
    return this.#store.state.ancestor.get(path)?.hash;
  }

  /** What both sides agreed on last at `path`; empty where that is nothing. See `agreedContent`. */
  async agreedContent(path: string): Promise<Uint8Array> {
    const { ancestor, revision } = this.#store.state;
    const entry = ancestor.get(path);
    if (entry === undefined) return new Uint8Array();
    return agreedContent(this.root, entry, () => this.#requireRemote(), revision);
  }

  async dispose(): Promise<void> {
    clearTimeout(this.#hintTimer);
    this.#lifetime.abort();
    this.#changed.dispose();
    await this.#news.dispose();
    await this.#queue.catch(() => undefined);
    // Binding may have been what ran.
    await this.#news.dispose();
    await this.#scanner.dispose();
  }

  #transfer<T>(
    direction: 'push' | 'pull',
    reporter: Reporter,
    work: (remote: Remote, reporter: Reporter) => Promise<T>,
  ): Promise<T> {
    return this.#operate(async () => {
      const result = await work(this.#requireRemote(), this.#shown(direction, reporter));
      this.#news.wake();
      return result;
    }, reporter.signal);
  }

  /** A reporter whose steps the state shows as well. */
  #shown(direction: 'push' | 'pull', reporter: Reporter): Reporter {
    let step = '';
    return {
      signal: AbortSignal.any([reporter.signal, this.#lifetime.signal]),
      isQuiet: reporter.isQuiet === true,
      step: (text) => {
        step = text;
        reporter.step(text);
        this.#show({ kind: 'transferring', direction, step, progress: undefined });
      },
      progress: (progress) => {
        reporter.progress(progress);
        this.#show({ kind: 'transferring', direction, step, progress });
      },
    };
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
        const result = await this.#exclusively(work);
        this.#settle(undefined);
        return result;
      } catch (error) {
        this.#settle(error);
        throw error;
      }
    }, signal);
  }

  /** Runs `work` while no other window does, on what the last of them has stored. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#store.exclusively(async () => {
      if (await this.#store.refresh()) {
        this.#scanner.relearn(this.#store.state.observations.values());
        this.#replica.incoming = undefined;
      }
      return work();
    });
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

  /** Looks when what runs now is done: by then, what our own push made is our revision. */
  #followNews(): void {
    if (this.#lookWaits) return;
    this.#lookWaits = true;
    this.#enqueue(() => {
      this.#lookWaits = false;
      return this.#lookAtServer();
    }).catch((error: unknown) => {
      if (!this.#lifetime.signal.aborted) this.#onDefect(error);
    });
  }

  /** Not an operation: whether it fails is nothing that the user asked for. */
  async #lookAtServer(): Promise<void> {
    const isMissed = this.#news.isLookOwed || this.#isHaltedByAbsence;
    try {
      if (isMissed || !this.#isKnown(this.#news.heard)) {
        await this.#exclusively(async () => {
          if (!sameBinding(this.#store.state.binding, this.#bound) || this.#remote === undefined) return;
          if (isMissed || !this.#isKnown(this.#news.heard)) await this.#peek(this.#remote, this.#lifetime.signal);
        });
        this.#paths = this.#replica.pathStates();
      }
      this.#news.looked(undefined);
      if (this.#isHaltedByAbsence) this.#settle(undefined);
    } catch (error) {
      if (this.#lifetime.signal.aborted) return;
      if (!isPalmtreeError(error)) throw error;
      this.#news.looked(error);
    }
    this.#look();
  }

  #isKnown(heard: HeardRevision | undefined): boolean {
    return heard === undefined || heard.revision <= this.knownRevision;
  }

  get #head(): HeardRevision | undefined {
    const { heard } = this.#news;
    return heard !== undefined && heard.revision === this.#replica.incoming?.revision ? heard : undefined;
  }

  get #isHaltedByAbsence(): boolean {
    return this.#activity.kind === 'halted' && this.#activity.error.code === 'server_unreachable';
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
const expected: ReadonlySet<string> = new Set([
  'cancelled',
  'stale_base',
  'brake',
  'not_connected',
  'store_locked',
  'not_trackable',
  'no_conflict',
  'not_mergeable',
  'conflict_markers',
  'not_in_revision',
  'nothing_to_undo',
]);
