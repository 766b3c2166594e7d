import { lstatSync, readdirSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { posixPath } from '../posixPath';

/** Events that follow each other closely are reported together, after this many milliseconds. */
const delayMs = 50;

export interface FolderWatchDeps {
  /** The workspace folder. */
  readonly root: string;
  /** Paths in `root` that may have changed. */
  readonly onChange: (paths: ReadonlySet<string>) => void;
  /** A folder cannot be watched: the system's limit, or a file system without events. */
  readonly onFault: (error: Error) => void;
  /** Whether a folder that is new is watched too. */
  readonly isWanted: (path: string) => boolean;
}

/**
 * Reports changes in folders. macOS and Windows watch a whole tree with one handle. Linux needs one for each folder, and Node
 * would watch all folders below the root, those of excluded dependencies too.
 */
export class FolderWatch {
  readonly #deps: FolderWatchDeps;
  readonly #isRecursive = process.platform === 'darwin' || process.platform === 'win32';
  readonly #watchers = new Map<string, FSWatcher>();
  #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: FolderWatchDeps) {
    this.#deps = deps;
  }

  /** Watches these folders from now on, by their paths in `root`, and those that were new in them. */
  update(folders: Iterable<string>): void {
    for (const folder of this.#isRecursive ? [''] : folders) this.#watch(folder);
  }

  /** Watches folders that have just appeared, also where another folder of the same path was watched before. */
  renew(folders: Iterable<string>): void {
    for (const folder of folders) {
      this.#end(folder);
      this.#watch(folder);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    try {
      const watcher = watch(join(this.#deps.root, folder), { recursive: this.#isRecursive }, (_event, name) =>
        this.#onEvent(folder, name),
      );
      this.#watchers.set(folder, watcher);
      watcher.on('error', (error) => {
        this.#end(folder);
        // A folder that is gone has been reported by the folder above.
        if (lstatSync(join(this.#deps.root, folder), { throwIfNoEntry: false }) !== undefined)
          this.#deps.onFault(error);
      });
    } catch (error) {
      const isGone = lstatSync(join(this.#deps.root, folder), { throwIfNoEntry: false }) === undefined;
      if (!isGone) this.#deps.onFault(error as Error);
    }
  }

  /** A folder that was moved takes those in it along, whose watchers would report their former paths. */
  #end(folder: string): void {
    for (const [watched, watcher] of this.#watchers) {
      if (watched !== folder && !watched.startsWith(`${folder}/`)) continue;
      watcher.close();
      this.#watchers.delete(watched);
    }
  }

  #onEvent(folder: string, name: string | null): void {
    const path = name === null ? folder : posixPath(folder === '' ? name : join(folder, name));
    this.#changed.add(path);
    this.#timer ??= setTimeout(() => this.#report(), delayMs);
  }

  #report(): void {
    this.#timer = undefined;
    const changed = this.#changed;
    this.#changed = new Set();
    if (!this.#isRecursive) for (const path of changed) this.#follow(path);
    this.#deps.onChange(changed);
  }

  /** A folder that was deleted or replaced is no longer watched; one that is there, with those in it, is. */
  #follow(path: string): void {
    const { root, isWanted } = this.#deps;
    const stats = lstatSync(join(root, path), { throwIfNoEntry: false });
    if (stats?.isDirectory() !== true) return this.#end(path);
    if (!isWanted(path)) return;
    // It may be another folder than the one that is watched.
    this.#end(path);
    this.#watch(path);
    try {
      for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
        const below = `${path}/${entry.name}`;
        if (entry.isDirectory() && !this.#watchers.has(below)) this.#follow(below);
      }
    } catch {
      // It went meanwhile, which the folder above reports.
    }
  }
}
