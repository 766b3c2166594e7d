import { realpathSync, type BigIntStats } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Change } from '../../core/change';
import { entryWith, type Entry } from '../../core/entry';
import type { FolderNameRules } from '../../core/filenames/nameRules';
import type { Observation } from '../../core/observation';
import { errnoOf } from '../fs/errno';
import { Backup } from './backup';
import { isUnchanged, isUnchangedExceptCtime } from '../fs/fileStamp';
import { matchesObservation, PathSkipped, type SkipReason } from './preconditions';

export interface ApplyRequest {
  readonly root: string;
  /** The folder with the verified content, each file at its own path. Files that are applied are moved out of it. */
  readonly staging: string;
  /** The folder for replaced and deleted files. It is created with the first of them. */
  readonly backup: string;
  readonly changes: readonly Change[];
  /** The observations that the changes were planned from. */
  readonly observations: ReadonlyMap<string, Observation>;
  /** Whether an editor has unsaved edits to a path, which is then left untouched. */
  readonly hasUnsavedEdits?: (path: string) => boolean;
  /** Whether a folder stays when its last file is deleted, as tracked folders do. */
  readonly keepsEmptyFolder?: (path: string) => boolean;
  /** Whether the disk at `path` keeps permission bits. By default true, except on Windows. */
  readonly keepsModes?: (path: string) => boolean;
  /** The name rules of the disks. By default, all names are distinct. */
  readonly nameRules?: FolderNameRules;
  /** Whether the server has the observed content of `path`. By default it does not. */
  readonly isOnServer?: (path: string) => boolean;
  /** Checked before each file: applied changes stay, and the remaining paths are skipped. */
  readonly signal?: AbortSignal;
  /** Called with the number of applied paths. */
  readonly onProgress?: (done: number) => void;
}

export interface Skipped {
  readonly path: string;
  readonly reason: SkipReason;
  /** The system's error code, such as EACCES, if an error is the reason. */
  readonly errno?: string;
}

export interface ApplyResult {
  /** The new files as they are on the disk. Racy, since they have just been written. */
  readonly written: Observation[];
  /** Paths that are deleted, including the old paths of renamed files. */
  readonly removed: string[];
  readonly skipped: Skipped[];
}

export type Put = Change & { readonly to: Entry };

/** The stats of a staged file that has its content, mode and mtime. They stay the same when a folder above it is renamed. */
export type CompleteFile = Pick<BigIntStats, 'dev' | 'ino' | 'mtimeNs' | 'ctimeNs'>;

/** The observation of a file that was written a moment ago. */
export function observed(to: Entry, { dev, ino, mtimeNs, ctimeNs }: CompleteFile): Observation {
  return { ...entryWith(to, { mtimeNs }), dev, ino, ctimeNs, racy: true };
}

/** Up to this many files, flushing each takes less time than flushing the whole file system. */
export const maxSingleFlushes = 16;

export interface BackupCopy {
  /** Absolute. */
  readonly copyPath: string;
  /** The stats of the original when it was copied. */
  readonly stats: BigIntStats;
}

/** The state that the passes of `applyChanges` share. */
export class ApplyState {
  readonly request: ApplyRequest;
  readonly root: string;
  /** `root` with its symlinks resolved. */
  readonly realRoot: string;
  readonly keepsModes: (path: string) => boolean;
  readonly backup: Backup;
  readonly result: ApplyResult = { written: [], removed: [], skipped: [] };
  /** Folders that were checked since the last pause. The check is valid until the next one. */
  readonly checkedFolders = new Set<string>();
  /** Files with a racy observation that were hashed again. `isRacy`: they were changed shortly before that. */
  readonly rehashed = new Map<
    string,
    { readonly hash: string; readonly stats: BigIntStats; readonly isRacy: boolean }
  >();
  /** Absolute paths of the folders in which a name was added or removed. */
  readonly changedFolders = new Set<string>();
  /** Copies of files that are to be replaced or deleted. */
  readonly copies = new Map<string, BackupCopy>();
  /** The inodes that lost one of several names here, which changed the ctime of the others. */
  readonly #unlinked = new Set<string>();
  readonly #oldPaths = new Map<string, string>();
  readonly #newPaths = new Map<string, string>();

  constructor(request: ApplyRequest) {
    this.request = request;
    this.root = request.root;
    this.realRoot = realpathSync.native(request.root);
    this.keepsModes = request.keepsModes ?? (() => process.platform !== 'win32');
    this.backup = new Backup(request.backup);
  }

  get isCancelled(): boolean {
    return this.request.signal?.aborted === true;
  }

  /** To be called with the former stats of a file that was replaced or deleted. */
  noteUnlinked(stats: BigIntStats): void {
    if (stats.nlink > 1n) this.#unlinked.add(inodeOf(stats));
  }

  /** Whether the file and its attributes are unchanged, apart from the ctime if it lost another name here. */
  isUnchanged(before: BigIntStats, after: BigIntStats): boolean {
    return isUnchanged(before, after) || (this.#unlinked.has(inodeOf(after)) && isUnchangedExceptCtime(before, after));
  }

  /** Whether the file is as it was observed, apart from the ctime if it lost another name here. */
  matches(seen: Observation, stats: BigIntStats): boolean {
    if (matchesObservation(seen, stats)) return true;
    if (!this.#unlinked.has(inodeOf(stats)) || !matchesObservation(seen, stats, { exceptCtime: true })) return false;
    // The ctime does not show a change of the mode.
    return !this.keepsModes(seen.path) || Number(stats.mode & 0o777n) === seen.mode;
  }

  /** Records that both paths are one file on this disk. From here on, both are applied or both skipped. */
  addCaseRename(from: string, to: string): void {
    this.#oldPaths.set(to, from);
    this.#newPaths.set(from, to);
  }

  /** The old path of a file that is renamed to `path`. */
  oldPathOf(path: string): string | undefined {
    return this.#oldPaths.get(path);
  }

  /** Whether the deletion of `path` is part of a rename. */
  isRenamedAway(path: string): boolean {
    return this.#newPaths.has(path);
  }

  /** Returns the copy of the file at `path`. The caller either replaces the file or discards the copy. */
  takeCopy(path: string): BackupCopy | undefined {
    const copy = this.copies.get(path);
    this.copies.delete(path);
    return copy;
  }

  /** Removes the copies of files that were skipped. */
  discardUnusedCopies(): void {
    for (const { copyPath } of this.copies.values()) this.backup.discard(copyPath);
    this.copies.clear();
  }

  skip(path: string, reason: SkipReason, errno?: string): void {
    const otherPath = this.#oldPaths.get(path) ?? this.#newPaths.get(path);
    const details = { reason, ...(errno === undefined ? {} : { errno }) };
    this.result.skipped.push({ path, ...details });
    if (otherPath !== undefined) this.result.skipped.push({ path: otherPath, ...details });
  }

  /** Skips `path` because of `error`, a PathSkipped or a system error. Rethrows any other error. */
  skipAfter(error: unknown, path: string): void {
    if (error instanceof PathSkipped) return this.skip(path, error.reason);
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    this.skip(path, 'failed', errno);
  }

  /** Reports the progress and lets other code run, which may change the disk. */
  async pause(): Promise<void> {
    const { written, removed } = this.result;
    this.request.onProgress?.(written.length + removed.length);
    await nextTurn();
    this.checkedFolders.clear();
  }
}

function inodeOf({ dev, ino }: BigIntStats): string {
  return `${dev} ${ino}`;
}
