import { parentOf } from '../../core/paths';
import { isServerAbsent, PalmtreeError } from '../../errors';
import { FolderWatch } from '../../io/fs/watch/folderWatch';
import { gitActivity } from '../../io/fs/watch/gitActivity';
import { Automation, type PauseReason } from '../../sync/automation/automation';
import type { PullResult } from '../../sync/pull/pull';
import type { PushResult } from '../../sync/push/push';
import { formatDuration } from '../../messages/format';
import { errorSentence } from '../terminal/errorSentence';
import type { Invocation } from './invocation';
import { activeMergePaths } from './merges';
import type { OpenFolder } from './openFolder';
import { showPull, showPush } from './transfers';

/** The pause between two full scans, in milliseconds: a file system need not report every change. */
const rescanMs = 300_000;
/** The same where changes are not reported at all. */
const blindRescanMs = 10_000;
const retryMs = 5_000;

/**
 * Pushes each change of the tracked files here, and pulls each revision that others push, until the signal of the invocation
 * ends it. Invariant: like every automation it pushes no merge that nobody has looked at, and it asks nothing: the deletion
 * guard ends it.
 */
export class LiveSync {
  readonly #invocation: Invocation;
  readonly #folder: OpenFolder;
  readonly #watch: FolderWatch;
  readonly #automation: Automation;
  readonly #end = Promise.withResolvers<void>();
  #unmerged: ReadonlySet<string> = new Set();
  #tracked: readonly unknown[] = [];
  #isBlind = false;
  #isOffline = false;
  #rescan: NodeJS.Timeout | undefined;

  constructor(invocation: Invocation, folder: OpenFolder) {
    const { sync, root, autoMerge, reporter } = folder;
    this.#invocation = invocation;
    this.#folder = folder;
    // It may fail before `run` waits for it.
    this.#end.promise.catch(() => undefined);
    this.#watch = new FolderWatch({
      root,
      onChange: (paths) => sync.onFileEvents(paths),
      onFault: (error) => this.#goBlind(error),
      isWanted: (path) => sync.isTracked(path),
    });
    this.#automation = new Automation({
      sync,
      settings: () => ({ pushOn: 'change', pullOn: 'change' }),
      pushesEarlier: true,
      gitActivity,
      pullOptions: () => ({
        autoMerge,
        unmerged: this.#unmerged,
        hasUnsavedEdits: (path) => this.#unmerged.has(path),
      }),
      onPaused: (reason) => this.#paused(reason),
      onPushed: (result) => this.#pushed(result),
      onPulled: (result) => this.#pulled(result),
      onDefect: (error) => this.#end.reject(error),
      reporter,
    });
  }

  /** Throws the error that ended it. */
  async run(): Promise<void> {
    const { signal } = this.#invocation;
    const stop = (): void => this.#end.resolve();
    const { sync } = this.#folder;
    const subscription = sync.onDidChangeState(() => this.#look());
    signal.addEventListener('abort', stop);
    this.#rescanLater();
    try {
      this.#unmerged = await activeMergePaths(this.#folder);
      this.#look();
      // It finds the changes from before the folders were watched.
      await Promise.race([this.#scan(), this.#end.promise]);
      if (signal.aborted) return;
      this.#began();
      await this.#end.promise;
    } finally {
      signal.removeEventListener('abort', stop);
      clearTimeout(this.#rescan);
      subscription.dispose();
      this.#automation.dispose();
      this.#watch.close();
    }
  }

  #began(): void {
    const { out } = this.#invocation;
    const { sync, root } = this.#folder;
    const { server = '', tree = '' } = sync.state.binding ?? {};
    out.result('watching', { folder: root, server, tree });
    out.note('Watching for changes. Ctrl-C ends it.');
  }

  /** Looks at the folder's state after each change of it. */
  #look(): void {
    const { sync } = this.#folder;
    const { out } = this.#invocation;
    const { offline, kind } = sync.state;
    if (kind !== 'transferring' && kind !== 'scanning') out.idle();
    if ((offline !== undefined) !== this.#isOffline) {
      this.#isOffline = offline !== undefined;
      out.note(offline === undefined ? 'The server is back.' : `${errorSentence(offline)} Trying again.`);
    }
    const tracked = [sync.trackedFolders, sync.rulesVersion];
    if (tracked.some((one, index) => one !== this.#tracked[index])) {
      this.#tracked = tracked;
      this.#watch.update(this.#watchedFolders());
    }
  }

  #watchedFolders(): Set<string> {
    const { sync } = this.#folder;
    const folders = new Set(sync.trackedFolders.all);
    for (const { path, kind, effect } of sync.rules.values()) {
      if (effect === 'track') folders.add(kind === 'folder' ? path : (parentOf(path) ?? ''));
    }
    // The shared rules may appear there.
    if (folders.size > 0) folders.add('');
    return folders;
  }

  #pushed(result: PushResult): void {
    if (result.put + result.deleted + result.skipped.length > 0) {
      showPush(this.#invocation.out, this.#folder, result);
    }
  }

  #pulled(result: PullResult): void {
    const { written, deleted, merged, conflicts, skipped, held } = result;
    if (written + deleted + merged.length + conflicts.length + skipped.length + held.length > 0) {
      showPull(this.#invocation.out, result);
    }
  }

  #paused(reason: PauseReason): void {
    const { out } = this.#invocation;
    if (reason.kind === 'conflicts') {
      const { count } = reason;
      const files = count === 1 ? '1 file is' : `${count} files are`;
      out.warn(`${files} in conflict. Nothing is pushed or pulled until you run "palmtree resolve".`);
      return;
    }
    const { error } = reason;
    if (!isServerAbsent(error)) return this.#end.reject(error);
    out.warn(`${errorSentence(error)} Trying again in ${formatDuration(retryMs / 1000)}.`);
    setTimeout(() => void this.#again(error), retryMs).unref();
  }

  async #again(failed: PalmtreeError): Promise<void> {
    if (this.#invocation.signal.aborted) return;
    try {
      await failed.again?.();
    } catch (error) {
      if (!(error instanceof PalmtreeError)) this.#end.reject(error);
      else {
        error.again ??= failed.again;
        this.#paused({ kind: 'failed', direction: 'push', error });
      }
    }
  }

  #goBlind(error: Error): void {
    if (this.#isBlind) return;
    this.#isBlind = true;
    const { out } = this.#invocation;
    out.warn(`Not all folders can be watched (${error.message}). All files are looked at every 10 seconds.`);
    this.#rescanLater();
  }

  #rescanLater(): void {
    clearTimeout(this.#rescan);
    this.#rescan = setTimeout(
      () => {
        this.#scan().then(
          () => this.#rescanLater(),
          (error: unknown) => this.#end.reject(error),
        );
      },
      this.#isBlind ? blindRescanMs : rescanMs,
    );
  }

  /** Looks at all files. The folder's state says what failed, and the next scan tries again. */
  async #scan(): Promise<void> {
    const { sync, reporter } = this.#folder;
    try {
      await sync.rescan({ ...reporter, step: () => undefined });
    } catch (error) {
      if (!(error instanceof PalmtreeError)) throw error;
    }
  }
}
