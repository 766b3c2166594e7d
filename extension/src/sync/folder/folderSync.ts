import type { NameRules } from '../../core/filenames/nameRules';
import type { Problem } from '../../core/problem';
import type { PathStates } from '../../core/status/pathState';
import type { FolderSummaries } from '../../core/status/folderSummaries';
import type { PathFolders } from '../../core/status/pathTree';
import type { RuleRename } from '../../core/tracking/moveRules';
import type { Rule } from '../../core/tracking/rule';
import { PalmtreeError } from '../../errors';
import type { Client } from '../../io/api/client';
import type { Wait } from '../../io/api/revisionFeed';
import type { Scanner } from '../../io/scan/scannerPort';
import type { Store } from '../../io/store/storePort';
import { resolve, type Choice, type ResolveOptions, type ResolveResult } from '../conflicts/resolve';
import { discard, planDiscard, type DiscardPlan, type DiscardRequest, type DiscardResult } from '../history/discard';
import { planRestore, restore, type RestorePlan, type RestoreRequest, type RestoreResult } from '../history/restore';
import { TreeHistory } from '../history/treeHistory';
import {
  lastPull,
  planUndoPull,
  undoPull,
  type PullUndoPlan,
  type UndoPullOptions,
  type UndoPullResult,
} from '../history/undoPull';
import { planUndoPush, undoPush, type PushUndoPlan, type UndoPushResult } from '../history/undoPush';
import { Connection } from '../replica/connection';
import { Emitter } from './emitter';
import { silentReporter, type Reporter, type ServerBinding } from '../ports/serverBinding';
import type { Binding, Overview, SyncState } from '../ports/syncState';
import { pull, type PullOptions, type PullResult } from '../pull/pull';
import type { PullRecord } from '../pull/pullRecord';
import { forcePush, type ForceAnswer, type ForcePushPlan } from '../push/forcePush';
import { push, type PushOptions, type PushResult } from '../push/push';
import type { CommandContext, LocalContext, StorageFolders } from '../replica/commandContext';
import { Replica, type ReplicaSettings } from '../replica/replica';
import { kindsAt, track } from '../replica/track';
import { trackAgain, untrack, type Untracked } from '../replica/untrack';
import { makePlan, type PlanOptions } from '../review/makePlan';
import type { Plan, PlanDirection } from '../review/plan';
import type { ApplyOptions } from '../transfer/applyStaged';
import { tooLongTest } from '../transfer/staging';
import { FolderBackups, type FolderBackupsDeps } from './folderBackups';
import { cureCheck } from './cureCheck';
import { FileEvents } from './fileEvents';
import { FolderChoice } from './folderChoice';
import { FolderHeld } from './folderHeld';
import { FolderMerges } from './folderMerges';
import { FolderPause } from './folderPause';
import { FolderRenames } from './folderRenames';
import { OperationQueue } from './operationQueue';
import { Recovery } from './recovery';
import { AutoFetcher } from './autoFetcher';
import { ServerFiles, type ServerFilesDeps } from './serverFiles';
import { isServerFailure, SyncStatus } from './syncStatus';
import { SleepWatch } from './sleepWatch';
import { StoreFollower } from './storeFollower';
import { TransferEvents } from './transferEvents';
import { withStatus } from './withStatus';

export interface FolderSyncDeps {
  readonly root: string;
  readonly store: Store;
  readonly scanner: Scanner;
  readonly folders: StorageFolders;
  readonly settings: () => ReplicaSettings;
  /** The name rules of the disk; probed by default. */
  readonly nameRules?: () => NameRules;
  /** The limits of the backups; by default `defaultBackupLimits`. */
  readonly backupLimits?: FolderBackupsDeps['limits'];
  readonly onDefect: (error: unknown) => void;
  /** The timers of the checks whether the cause of a halt is gone. */
  readonly wait?: Wait;
  /** Whether it follows the server's event stream while it is bound; by default it does. */
  readonly isLive?: boolean;
}

/** Syncs one workspace folder with one tree. The user interface runs all commands of a folder here, and shows its state. */
export class FolderSync {
  readonly root: string;
  readonly history: TreeHistory;
  readonly backups: FolderBackups;
  readonly held: FolderHeld;
  readonly merges: FolderMerges;
  readonly pause: FolderPause;
  readonly renames: FolderRenames;
  readonly serverFiles: ServerFiles;
  readonly transfers: TransferEvents;
  readonly #replica: Replica;
  readonly #local: Omit<LocalContext, 'reporter'>;
  readonly #scanner: Scanner;
  readonly #store: Store;
  readonly #operations: OperationQueue;
  readonly #connection: Connection;
  readonly #status: SyncStatus;
  readonly #fetcher: AutoFetcher;
  readonly #fileEvents: FileEvents;
  readonly #followed: Emitter<readonly RuleRename[]>;
  readonly #storeFollower: StoreFollower;
  readonly #recovery: Recovery;
  readonly #sleepWatch: SleepWatch;
  readonly #isLive: boolean;
  #isBindingKnown = false;

  constructor(deps: FolderSyncDeps) {
    const { root, store, scanner, folders, onDefect, backupLimits: limits, wait, isLive = true } = deps;
    const tooLong = tooLongTest(root, folders);
    const replica = new Replica({ ...deps, tooLong, onFollowed: (renames) => this.#followed.fire(renames) });
    const connection = new Connection(store.state);
    const operations = new OperationQueue(store, () => replica.reload());
    const status = new SyncStatus({
      overview: () => this.#overview(),
      pathStates: () => replica.states.current(),
      renamesIn: (states) => replica.states.renamesIn(states),
      withoutServer: (states) => replica.states.withoutServer(states),
      isConnected: () => connection.isBound,
      isStarting: () => !this.#isBindingKnown || (connection.isBound && !replica.local.isScanned),
      onDefect,
    });
    this.#followed = new Emitter(onDefect);
    this.transfers = new TransferEvents(onDefect);
    this.root = root;
    this.#isLive = isLive;
    this.history = new TreeHistory(replica, connection, (error) => {
      if (isServerFailure(error)) this.#fetcher.reconnect();
    });
    const operate = <T>(work: () => Promise<T>): Promise<T> => this.#operate(work);
    const run: ServerFilesDeps['run'] = (reporter, command) => this.#runLocally(reporter, command);
    this.backups = new FolderBackups({ folders, operations, limits, onDefect, run });
    const { lifetime } = operations;
    this.renames = new FolderRenames({ replica, lifetime, operate });
    this.serverFiles = new ServerFiles({ replica, lifetime, operate, run });
    this.held = new FolderHeld({ replica, status, operate });
    this.pause = new FolderPause({ store, operations, onChange: () => status.notify() });
    this.#replica = replica;
    this.#local = { replica, folders };
    this.merges = new FolderMerges({
      local: this.#local,
      operations,
      run: (reporter, command) => this.#run('pull', reporter, command),
      operate: (work, signal) => this.#operate(work, signal),
    });
    this.#scanner = scanner;
    this.#store = store;
    this.#connection = connection;
    this.#operations = operations;
    this.#status = status;
    this.#fetcher = new AutoFetcher({ replica, connection, operations, status, onDefect });
    this.#fileEvents = new FileEvents({ replica, operations, status, onDefect });
    this.#storeFollower = new StoreFollower({ store, operations, status, onDefect });
    this.#recovery = new Recovery({
      status,
      isCured: cureCheck({ root, folders, connection, rescan: () => this.rescan(silentReporter) }),
      onCured: (error) => this.#cured(error),
      onDefect,
      ...(wait === undefined ? {} : { wait }),
    });
    this.#sleepWatch = new SleepWatch(() => {
      this.#fetcher.reconnect();
      this.recheck();
    });
  }

  get choice(): FolderChoice {
    return new FolderChoice(this.#replica);
  }

  get onDidChangeState() {
    return this.#status.onDidChange;
  }

  /** Fires when rules have followed files or folders that were renamed outside the editor. */
  get onDidFollowRenames() {
    return this.#followed.event;
  }

  get state(): SyncState {
    return this.#status.state;
  }

  get isConnected(): boolean {
    return this.#connection.isBound;
  }

  /** The client of the server that the folder is bound to; undefined if it is bound to none. */
  get client(): Client | undefined {
    return this.#connection.server?.client;
  }

  /** The number of connections for live updates so far: after each, what failed before may succeed. */
  get connectionCount(): number {
    return this.#fetcher.connectionCount;
  }

  /** Every path that is not in sync, with its state; without a server, every path that changed here since the last sync. */
  get pathStates(): PathStates['states'] {
    return this.#status.pathStates.states;
  }

  /** The folders that contain such paths, with their numbers of changes; `''` is the workspace folder. */
  get folderSummaries(): FolderSummaries {
    return this.#status.summaries;
  }

  /** The conflicts that no pull could merge, sorted by path. */
  get conflicts(): PathStates['conflicts'] {
    return this.#status.pathStates.conflicts;
  }

  /** The folders of the tracked files on this disk. */
  get trackedFolders(): PathFolders {
    return this.#replica.local.folders;
  }

  /** The tracked files on this disk. */
  get trackedPaths(): IterableIterator<string> {
    return this.#replica.local.observations.keys();
  }

  /** Whether the rules track `path`, even if no file is there. */
  isTracked(path: string): boolean {
    return this.#replica.rules.selection().includes(path);
  }

  get rules(): ReadonlyMap<string, Rule> {
    return this.#replica.rules.all;
  }

  /** Rises with each change of a rule. */
  get rulesVersion(): number {
    return this.#replica.rules.version;
  }

  isOnDisk(path: string): boolean {
    return this.#replica.local.observations.has(path);
  }

  /** The hash of the content at `path`, as of the last scan; undefined if there is none. */
  hashAt(path: string): string | undefined {
    return this.#replica.local.observations.get(path)?.hash;
  }

  /** Whether a pull has merged the file at `path`, and nobody has changed the result. */
  isUnchangedMerge(path: string): boolean {
    return this.#replica.merges.has(path);
  }

  /** The newest revision that was fetched or synced. */
  get knownRevision(): number {
    return this.#replica.ancestor.knownRevision;
  }

  /** Whether the fetched changes delete `path`. */
  isDeletedOnServer(path: string): boolean {
    return this.#replica.ancestor.isDeletedOnServer(path);
  }

  problemAt(path: string): Problem | undefined {
    return this.#status.pathStates.problems.get(path);
  }

  /** Binds the folder to a tree, or to none. The ancestor is forgotten, unless the tree is the same under a new name. */
  bind(server: ServerBinding | undefined, binding: Binding | undefined): Promise<void> {
    return this.#operate(async () => {
      this.#isBindingKnown = true;
      await this.#fetcher.dispose();
      const before = this.#replica.binding?.server;
      if (this.#connection.bind(server, binding)) {
        await this.#replica.changeTree(before === binding?.server ? server : undefined, this.#operations.lifetime);
        await this.#replica.save();
      }
      if (this.#operations.lifetime.aborted || !this.#isLive) return;
      await this.#fetcher.follow(server, this.#replica.ancestor.revision);
    });
  }

  /** Scans all tracked files, and then asks the server for its changes. */
  async rescan(reporter: Reporter, options: { verify?: boolean } = {}): Promise<void> {
    const signal = AbortSignal.any([reporter.signal, this.#operations.lifetime]);
    await this.#operate(async () => {
      await this.#replica.scan({
        signal,
        verify: options.verify ?? false,
        onProgress: (progress) => this.#status.show({ kind: 'scanning', progress }),
      });
      await this.#replica.save();
      if (this.#connection.isBound) this.#connection.require();
    }, reporter.signal);
    const { server } = this.#connection;
    if (server === undefined) return;
    // While it waits for the server, files can be tracked and scanned.
    reporter.step({ kind: 'fetchingChanges' });
    try {
      await this.#fetcher.fetch(server, signal);
    } catch (error) {
      await this.#commandEnded(error);
      throw error;
    }
    await this.#commandEnded(undefined);
    this.#fetcher.wake();
  }

  /** Checks at once whether the cause of a halt is gone, and whether the server is back: the user may have mended it. */
  recheck(): void {
    this.#recovery.recheck();
    this.#fetcher.wake();
  }

  /** Scans paths that a file watcher reported, soon and together. */
  onFileEvents(paths: Iterable<string>): void {
    this.#fileEvents.add(paths);
  }

  /**
   * Tracks files, and folders with everything in them. A pull downloads the files that only the server has.
   * Throws not_trackable with the paths that neither side has.
   */
  async track(paths: readonly string[]): Promise<void> {
    const kinds = await kindsAt(this.#replica, paths);
    await this.#operate(() => track(this.#replica, kinds, this.#operations.lifetime));
  }

  /** Stops syncing the paths on this machine. Their files stay on both sides. `trackAgain` undoes it. */
  untrack(paths: readonly string[]): Promise<Untracked> {
    return this.#operate(() => untrack(this.#replica, paths, this.#operations.lifetime));
  }

  /** Undoes `untrack`. Paths that were already untracked before it stay untracked. */
  trackAgain(untracked: Untracked): Promise<void> {
    return this.#operate(() => trackAgain(this.#replica, untracked, this.#operations.lifetime));
  }

  push(reporter: Reporter, options?: PushOptions): Promise<PushResult> {
    return this.transfers.push(this.#run('push', reporter, (context) => push(context, options)));
  }

  forcePush(reporter: Reporter, confirm: (plan: ForcePushPlan) => Promise<ForceAnswer>): Promise<PushResult> {
    return this.transfers.push(this.#run('push', reporter, (context) => forcePush(context, confirm)));
  }

  pull(reporter: Reporter, options?: PullOptions): Promise<PullResult> {
    return this.transfers.pull(this.#run('pull', reporter, (context) => pull(context, options)));
  }

  /** Creates the tree that the folder is bound to. */
  async makeTree(): Promise<void> {
    const { client, tree } = this.#connection.require();
    await client.makeTree(tree);
    this.#fetcher.wake();
  }

  resolve(
    reporter: Reporter,
    request: { readonly paths: readonly string[]; readonly choice: Choice },
    options?: ResolveOptions,
  ): Promise<ResolveResult> {
    return this.#run('pull', reporter, (context) => resolve(context, { ...request, ...options }));
  }

  plan(reporter: Reporter, direction: PlanDirection, options?: PlanOptions): Promise<Plan> {
    const shownDirection = direction === 'push' ? 'push' : 'pull';
    return this.#run(shownDirection, reporter, (context) => makePlan(context, { direction, ...options }));
  }

  /** Returns what `restore` would do. */
  planRestore(reporter: Reporter, request: RestoreRequest): Promise<RestorePlan> {
    return this.#run('pull', reporter, (context) => planRestore(context, request));
  }

  restore(reporter: Reporter, request: RestoreRequest, options?: ApplyOptions): Promise<RestoreResult> {
    return this.#run('pull', reporter, (context) => restore(context, { ...request, ...options }));
  }

  /** Returns what `discard` would do. */
  planDiscard(reporter: Reporter, request: DiscardRequest): Promise<DiscardPlan> {
    return this.#run('pull', reporter, (context) => planDiscard(context, request));
  }

  discard(reporter: Reporter, request: DiscardRequest, options?: ApplyOptions): Promise<DiscardResult> {
    return this.#run('pull', reporter, (context) => discard(context, { ...request, ...options }));
  }

  /** Returns what `undoPush` would do. */
  planUndoPush(reporter: Reporter, revision: number): Promise<PushUndoPlan> {
    return this.#run('push', reporter, (context) => planUndoPush(context, revision));
  }

  undoPush(reporter: Reporter, revision: number, paths?: ReadonlySet<string>): Promise<UndoPushResult> {
    return this.#run('push', reporter, (context) => undoPush(context, revision, paths));
  }

  /** Works without a server. */
  undoPull(reporter: Reporter, options?: UndoPullOptions): Promise<UndoPullResult> {
    return this.#runLocally(reporter, (context) => undoPull(context, options));
  }

  /** Returns what `undoPull` would do. */
  planUndoPull(reporter: Reporter, options?: UndoPullOptions): Promise<PullUndoPlan> {
    return this.#runLocally(reporter, (context) => planUndoPull(context, options));
  }

  /** The pull that `undoPull` would undo, going by the last scan. */
  lastPull(): Promise<PullRecord | undefined> {
    return lastPull(this.#local);
  }

  async dispose(): Promise<void> {
    this.#fileEvents.dispose();
    this.#storeFollower.dispose();
    this.#sleepWatch.dispose();
    this.#recovery.dispose();
    this.#followed.dispose();
    this.transfers.dispose();
    this.#operations.cancelAll();
    this.#status.dispose();
    await this.#fetcher.dispose();
    await this.#operations.idle();
    await this.backups.idle();
    // The operation that was running may have bound the folder again.
    await this.#fetcher.dispose();
    await this.#scanner.dispose();
    this.#store.rest();
  }

  /** Runs a command that needs the server, and shows its progress. */
  #run<T>(
    direction: 'push' | 'pull',
    reporter: Reporter,
    command: (context: CommandContext) => Promise<T>,
  ): Promise<T> {
    return this.#operate(async () => {
      const server = this.#connection.require();
      const result = await command({ ...this.#local, server, reporter: this.#withStatus(direction, reporter) });
      this.#fetcher.wake();
      return result;
    }, reporter.signal);
  }

  /** Runs a command that works without a server, and shows its progress. */
  #runLocally<T>(reporter: Reporter, command: (context: LocalContext) => Promise<T>): Promise<T> {
    const context = { ...this.#local, reporter: this.#withStatus('pull', reporter) };
    return this.#operate(() => command(context), reporter.signal);
  }

  #withStatus(direction: 'push' | 'pull', reporter: Reporter): Reporter {
    return withStatus(this.#status, direction, reporter, this.#operations.lifetime);
  }

  /** Runs one operation after all earlier ones, and shows its result. */
  #operate<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#operations.inTurn(async () => {
      try {
        const result = await this.#operations.exclusively(work, signal);
        await this.#status.commandEnded(undefined);
        return result;
      } catch (error) {
        await this.#status.commandEnded(error);
        if (error instanceof PalmtreeError) error.root = this.root;
        if (isServerFailure(error)) this.#fetcher.reconnect();
        throw error;
      } finally {
        // It would wait for that disk, and each such call takes one of the few threads that Node has for all files.
        if (this.#replica.local.silentFolder === undefined) this.backups.prune();
      }
    }, signal);
  }

  /** The cause of `error`, which has halted the folder, is gone. */
  async #cured(error: PalmtreeError): Promise<void> {
    await this.#operations.inTurn(async () => {
      if (this.#status.error === error) await this.#status.commandEnded(undefined);
    });
  }

  /** Shows the result of work that did not have the turn. */
  #commandEnded(error: unknown): Promise<void> {
    if (error instanceof PalmtreeError) error.root = this.root;
    if (isServerFailure(error)) this.#fetcher.reconnect();
    return this.#operations.inTurn(() => this.#status.commandEnded(error));
  }

  #overview(): Omit<Overview, 'counts'> {
    const { binding, ancestor, local, rules } = this.#replica;
    const { head, offline, nextTryAt, waitingSince } = this.#fetcher;
    const isChecked = local.isScanned && ancestor.isServerChecked;
    const { isTracking } = rules;
    const { silentFolder } = local;
    const { revision } = ancestor;
    const { isAutomationPaused } = this.pause;
    return {
      binding,
      isTracking,
      revision,
      head,
      offline,
      nextTryAt,
      isChecked,
      waitingSince,
      silentFolder,
      isAutomationPaused,
    };
  }
}
