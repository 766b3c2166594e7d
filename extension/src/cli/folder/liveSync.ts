import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { isInside, parentOf } from '../../core/paths';
import type { PathState } from '../../core/status/pathState';
import { isServerAbsent, PalmtreeError } from '../../errors';
import { FolderWatch } from '../../io/fs/folderWatch';
import { gitActivity } from '../../io/fs/gitActivity';
import { Automation, type PauseReason } from '../../sync/automation/automation';
import type { PullResult } from '../../sync/pull/pull';
import type { PushResult } from '../../sync/push/push';
import { errorSentence } from '../terminal/errorSentence';
import type { Invocation } from './invocation';
import { activeMergePaths } from './merges';
import type { OpenFolder } from './openFolder';
import { showPull, showPush } from './transfers';

/** All files are looked at again after so long, since a file system need not report every change. In milliseconds. */
const rescanMs = 300_000;
/** The same where changes are not reported at all. */
const blindRescanMs = 10_000;
const retryMs = 5_000;

const outgoing: ReadonlySet<PathState> = new Set(['added', 'modified', 'deleted']);

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
  /** Outgoing paths that the automation knows of. */
  readonly #announced = new Set<string>();
  /** Merged files that nobody has changed since, with their stats. */
  readonly #unchecked = new Map<string, string>();
  #unmerged: ReadonlySet<string> = new Set();
  #states: unknown;
  #tracked: readonly unknown[] = [];
  #isBlind = false;
  #isOffline = false;
  #rescan: NodeJS.Timeout | undefined;

  /** `merged` has the files that were merged before, and not looked at yet. */
  constructor(invocation: Invocation, folder: OpenFolder, merged: readonly string[]) {
    const { sync, root, config, reporter } = folder;
    this.#invocation = invocation;
    this.#folder = folder;
    for (const path of merged) this.#unchecked.set(path, this.#stamp(path));
    this.#watch = new FolderWatch({
      root,
      onChange: (paths) => this.#changed(paths),
      onFault: (error) => this.#goBlind(error),
      isWanted: (path) => sync.isTracked(path),
    });
    this.#automation = new Automation({
      sync,
      settings: () => ({ pushOnSave: 'afterDelay', pullOn: 'change' }),
      gitActivity,
      pullOptions: () => ({
        autoMerge: config.autoMerge,
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
      // Finds the changes from before the folders were watched.
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

  #changed(paths: ReadonlySet<string>): void {
    for (const path of this.#announced) if (paths.has(path) || hasFolderOf(paths, path)) this.#announced.delete(path);
    this.#folder.sync.onFileEvents(paths);
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
    if (sync.pathStates === this.#states) return;
    this.#states = sync.pathStates;
    this.#announce();
  }

  #announce(): void {
    const { pathStates } = this.#folder.sync;
    for (const path of this.#announced) if (!pathStates.has(path)) this.#announced.delete(path);
    const found: string[] = [];
    for (const [path, state] of pathStates) {
      if (!outgoing.has(state) || this.#announced.has(path) || this.#isUnchecked(path)) continue;
      this.#announced.add(path);
      found.push(path);
    }
    if (found.length > 0) this.#automation.saved(found);
  }

  #watchedFolders(): Set<string> {
    const { sync } = this.#folder;
    const folders = new Set(sync.trackedFolders.all);
    for (const { path, kind, effect } of sync.rules.values()) {
      if (effect === 'track') folders.add(kind === 'folder' ? path : (parentOf(path) ?? ''));
    }
    return folders;
  }

  #pushed(result: PushResult): void {
    // A file that changed during the push is outgoing again. One that was left out waits for its next change.
    const skipped = new Set(result.skipped.map(({ path }) => path));
    for (const path of this.#announced) if (!skipped.has(path)) this.#announced.delete(path);
    if (result.put + result.deleted + result.skipped.length > 0) {
      showPush(this.#invocation.out, this.#folder, result);
    }
    this.#announce();
  }

  #pulled(result: PullResult): void {
    for (const path of result.merged) this.#unchecked.set(path, this.#stamp(path));
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
      out.warn(`${files} in conflict. Nothing is pushed or pulled until "palmtree resolve" has decided.`);
      return;
    }
    const { error } = reason;
    if (!isServerAbsent(error)) return this.#end.reject(error);
    out.warn(`${errorSentence(error)} Trying again in ${retryMs / 1000} s.`);
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

  #isUnchecked(path: string): boolean {
    const stamp = this.#unchecked.get(path);
    if (stamp === undefined) return false;
    if (stamp === this.#stamp(path)) return true;
    this.#unchecked.delete(path);
    return false;
  }

  #stamp(path: string): string {
    const stats = lstatSync(join(this.#folder.root, path), { throwIfNoEntry: false, bigint: true });
    return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
  }
}

function hasFolderOf(paths: ReadonlySet<string>, path: string): boolean {
  for (const folder of paths) if (isInside(path, folder)) return true;
  return false;
}
