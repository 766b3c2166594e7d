import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '../../core/entry';
import type { NameRules } from '../../core/filenames/nameRules';
import type { Problem } from '../../core/problem';
import type { PathStates } from '../../core/status/pathState';
import type { PathFolders } from '../../core/status/pathTree';
import type { Rule } from '../../core/tracking/rule';
import { PalmtreeError } from '../../errors';
import type { PathHistory, RevisionDetail, RevisionList } from '../../../../server/src/contract/history';
import type { Scanner } from '../../io/scan/scannerPort';
import type { Store } from '../../io/store/storePort';
import { keptFiles, type KeptFiles } from '../history/backups';
import { Connection } from '../ports/connection';
import { endedMerges } from '../conflicts/endedMerges';
import type { ActiveMerge } from '../conflicts/activeMerge';
import { finishMerge, type FinishedMerge } from '../conflicts/finishMerge';
import { forcePush, type Replacement } from '../push/forcePush';
import { abortMerge, type AbortedMerge } from '../conflicts/abortMerge';
import { makePlan, type PlanOptions } from '../review/makePlan';
import { OperationQueue } from './operationQueue';
import type { Plan, PlanDirection } from '../review/plan';
import { pull, type PullOptions, type PullResult } from '../pull/pull';
import type { PullRecord } from '../pull/pullRecord';
import { push, type PushOptions, type PushResult } from '../push/push';
import type { ServerBinding, Reporter } from '../ports/serverBinding';
import { Replica, type ReplicaSettings } from '../replica/replica';
import { resolve, type Choice, type ResolveOptions, type ResolveResult } from '../conflicts/resolve';
import { restore, type RestoreRequest, type RestoreResult } from '../history/restore';
import { ServerWatch } from './serverWatch';
import { withProgress } from './shownSteps';
import type { PullFolders } from '../transfer/stage';
import { startMerge, type MergeSides } from '../conflicts/startMerge';
import type { Binding, Overview, SyncState } from '../ports/syncState';
import { SyncStatus } from './syncStatus';
import { TreeHistory } from '../history/treeHistory';
import { lastPull, undoPull, type UndoPullOptions, type UndoPullResult } from '../history/undoPull';
import { undoPush, type UndoPushResult } from '../history/undoPush';

/** Watchers tell of one save in several events; they are taken together. */
const hintDelayMs = 5;

export interface FolderSyncDeps {
  readonly root: string;
  readonly store: Store;
  readonly scanner: Scanner;
  readonly folders: PullFolders;
  readonly settings: () => ReplicaSettings;
  /** How the disk takes names; found by looking, unless told. */
  readonly nameRules?: () => NameRules;
  readonly onDefect: (error: unknown) => void;
}

/** Keeps one workspace folder in step with one tree: all that the face asks of it, and what it shows. */
export class FolderSync {
  readonly root: string;
  readonly #replica: Replica;
  readonly #scanner: Scanner;
  readonly #folders: PullFolders;
  readonly #onDefect: (error: unknown) => void;
  readonly #operations: OperationQueue;
  readonly #connection: Connection;
  readonly #status: SyncStatus;
  readonly #watch: ServerWatch;
  readonly #history: TreeHistory;
  #hints = new Set<string>();
  #hintTimer: NodeJS.Timeout | undefined;

  constructor(parts: FolderSyncDeps) {
    const { root, store, scanner, onDefect } = parts;
    const replica = new Replica(parts);
    const connection = new Connection(store.state);
    const operations = new OperationQueue(store, () => replica.reload());
    const status = new SyncStatus({
      overview: () => this.#overview(),
      pathStates: () => replica.states.current(),
      isConnected: () => connection.isBound,
      onDefect,
    });
    this.root = root;
    this.#scanner = scanner;
    this.#folders = parts.folders;
    this.#onDefect = onDefect;
    this.#replica = replica;
    this.#connection = connection;
    this.#operations = operations;
    this.#status = status;
    this.#watch = new ServerWatch({ replica, store, connection, operations, status, onDefect });
    this.#history = new TreeHistory(root, store, connection);
  }

  get onDidChangeState() {
    return this.#status.onDidChange;
  }

  get state(): SyncState {
    return this.#status.state;
  }

  get isConnected(): boolean {
    return this.#connection.isBound;
  }

  /** Every path that is not in step, with its state. */
  get pathStates(): PathStates['states'] {
    return this.#status.paths.states;
  }

  /** Those among them that both sides changed and a pull could not bring together, sorted by path. */
  get conflicts(): PathStates['conflicts'] {
    return this.#status.paths.conflicts;
  }

  /** The folders of the paths that stand on disk and are tracked. */
  get trackedFolders(): PathFolders {
    return this.#replica.local.folders;
  }

  /** The paths that stand on disk and are tracked. */
  get trackedPaths(): IterableIterator<string> {
    return this.#replica.local.observations.keys();
  }

  /** A rule takes `path` in, whether it stands or not. */
  isTracked(path: string): boolean {
    return this.#replica.rules.selection().includes(path);
  }

  /** What was tracked and left out by name. */
  get rules(): ReadonlyMap<string, Rule> {
    return this.#replica.rules.all;
  }

  isOnDisk(path: string): boolean {
    return this.#replica.local.observations.has(path);
  }

  /** The newest revision that the server was heard to have. */
  get knownRevision(): number {
    return this.#replica.ancestor.knownRevision;
  }

  /** The server was heard to have deleted it. */
  isDeletedOnServer(path: string): boolean {
    return this.#replica.ancestor.isDeletedOnServer(path);
  }

  problemAt(path: string): Problem | undefined {
    return this.#status.paths.problems.get(path);
  }

  /** Binds the folder to a tree; with another tree or server than before, what was agreed no longer holds. */
  bind(remote: ServerBinding | undefined, binding: Binding | undefined): Promise<void> {
    return this.#operate(async () => {
      await this.#watch.dispose();
      if (this.#connection.bind(remote, binding)) {
        this.#replica.ancestor.forget();
        await this.#replica.save();
      }
      if (!this.#operations.lifetime.aborted) await this.#watch.follow(remote, this.#replica.ancestor.revision);
    });
  }

  rescan(reporter: Reporter, options: { verify?: boolean } = {}): Promise<void> {
    return this.#operate(async () => {
      await this.#replica.scan({
        signal: AbortSignal.any([reporter.signal, this.#operations.lifetime]),
        verify: options.verify ?? false,
        onProgress: (progress) => this.#status.show({ kind: 'scanning', progress }),
      });
      await this.#replica.save();
      if (!this.#connection.isBound) return;
      await this.#watch.poll(this.#connection.require(), reporter.signal);
      this.#watch.wake();
    }, reporter.signal);
  }

  /** Takes the watcher's word that something happened at `paths`; the disk is what decides. */
  onFileEvents(paths: Iterable<string>): void {
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
      for (const { path, kind } of picked) this.#replica.rules.track(path, kind ?? 'file');
      await this.#replica.scan({ signal: this.#operations.lifetime, only: paths });
      await this.#replica.save();
    });
  }

  /**
   * Stops syncing here. What is on disk stays, and so does what is on the server.
   * Answers the rules that it ended, for `trackAgain`.
   */
  untrack(paths: readonly string[]): Promise<readonly Rule[]> {
    return this.#operate(async () => {
      const ended = this.#replica.rules.rulesIn(paths);
      for (const path of paths) this.#replica.untrack(path);
      await this.#replica.scan({ signal: this.#operations.lifetime });
      await this.#replica.save();
      return ended;
    });
  }

  /** Takes an untracking back: what had been left out in `paths`, or was never picked, stays so. */
  trackAgain(paths: readonly string[], ended: readonly Rule[]): Promise<void> {
    return this.#operate(async () => {
      this.#replica.rules.restoreRules(paths, ended);
      await this.#replica.scan({ signal: this.#operations.lifetime });
      await this.#replica.save();
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
    const remote = this.#connection.require();
    await remote.client.makeTree(remote.tree);
    this.#watch.wake();
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
  startMerge(reporter: Reporter, path: string): Promise<MergeSides> {
    return this.#transfer('pull', reporter, (remote, shown) =>
      startMerge(this.#replica, remote, this.#folders, shown, path),
    );
  }

  /** Takes what stands at the path for a merge that is done; see `finishMerge`. */
  finishMerge(reporter: Reporter, merge: ActiveMerge): Promise<FinishedMerge> {
    return this.#transfer('pull', reporter, (remote, shown) =>
      finishMerge(this.#replica, remote, this.#folders, shown, merge),
    );
  }

  /** Puts what stood there before a merge back; see `giveUpMerge`. No server is needed for it. */
  abortMerge(reporter: Reporter, merge: AbortedMerge, options?: Pick<PullOptions, 'isUnsaved'>) {
    return this.#operate(() => abortMerge(this.#replica, this.#folders, reporter, merge, options), reporter.signal);
  }

  /** The paths of those merges that something else has ended; see `endedMerges`. */
  endedMerges(merges: readonly ActiveMerge[]): Promise<string[]> {
    return this.#operations.inTurn(() => endedMerges(this.#replica, merges));
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
  undoPull(reporter: Reporter, options?: UndoPullOptions): Promise<UndoPullResult> {
    return this.#operate(
      () => undoPull(this.#replica, this.#folders, this.#shown('pull', reporter), options),
      reporter.signal,
    );
  }

  /** What was kept of files that were replaced or deleted here, newest first. */
  backups(): Promise<KeptFiles[]> {
    return keptFiles(this.#folders.backups);
  }

  /** The pull that `undoPull` would undo, as far as is known without looking at the disk again. */
  lastPull(): Promise<PullRecord | undefined> {
    return lastPull(this.#replica, this.#folders);
  }

  /** See `TreePast`, as all that follows. */
  revisions(before?: number, signal?: AbortSignal): Promise<RevisionList> {
    return this.#history.revisions(before, signal);
  }

  revisionDetail(revision: number, signal?: AbortSignal): Promise<RevisionDetail> {
    return this.#history.revisionDetail(revision, signal);
  }

  history(path: string, before?: number, signal?: AbortSignal): Promise<PathHistory> {
    return this.#history.history(path, before, signal);
  }

  pathsAt(revision: number): Promise<string[]> {
    return this.#history.pathsAt(revision);
  }

  serverContent(path: string, revision: number): Promise<Uint8Array> {
    return this.#history.serverContent(path, revision);
  }

  ancestorEntry(path: string): Entry | undefined {
    return this.#history.ancestorEntry(path);
  }

  ancestorHash(path: string): string | undefined {
    return this.#history.ancestorEntry(path)?.hash;
  }

  ancestorContent(path: string): Promise<Uint8Array> {
    return this.#history.ancestorContent(path);
  }

  async dispose(): Promise<void> {
    clearTimeout(this.#hintTimer);
    this.#operations.cancelAll();
    this.#status.dispose();
    await this.#watch.dispose();
    await this.#operations.idle();
    // Binding may have been what ran.
    await this.#watch.dispose();
    await this.#scanner.dispose();
  }

  #transfer<T>(
    direction: 'push' | 'pull',
    reporter: Reporter,
    work: (remote: ServerBinding, reporter: Reporter) => Promise<T>,
  ): Promise<T> {
    return this.#operate(async () => {
      const result = await work(this.#connection.require(), this.#shown(direction, reporter));
      this.#watch.wake();
      return result;
    }, reporter.signal);
  }

  #shown(direction: 'push' | 'pull', reporter: Reporter): Reporter {
    return withProgress(this.#status, direction, reporter, this.#operations.lifetime);
  }

  /** Runs one operation after all that were asked for before it, and shows how it ended. */
  #operate<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#operations.inTurn(async () => {
      try {
        const result = await this.#operations.exclusively(work);
        await this.#status.settle(undefined);
        return result;
      } catch (error) {
        await this.#status.settle(error);
        if (error instanceof PalmtreeError) error.root = this.root;
        throw error;
      }
    }, signal);
  }

  #followHints(): void {
    this.#hintTimer = undefined;
    const only = [...this.#hints];
    this.#hints = new Set();
    const { lifetime } = this.#operations;
    // Not an operation: looking changes nothing that another window relies on.
    this.#operations
      .inTurn(async () => {
        const effect = await this.#replica.scan({ only, signal: lifetime });
        await this.#status.look(this.#replica.states.afterScan(this.#status.paths, effect));
      })
      .catch((error: unknown) => {
        if (!lifetime.aborted) this.#onDefect(error);
      });
  }

  #overview(): Omit<Overview, 'counts'> {
    const { binding, ancestor } = this.#replica;
    return { binding, revision: ancestor.revision, head: this.#watch.head, offline: this.#watch.offline };
  }

  async #kindOf(path: string): Promise<'file' | 'folder' | undefined> {
    const stats = await lstat(join(this.root, path)).catch(() => undefined);
    if (stats === undefined) return this.#replica.kindOnServer(path);
    return stats.isDirectory() ? 'folder' : 'file';
  }
}
