import {
  chmodSync,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  type BigIntStats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pathFault } from '../../../../server/src/contract/paths';
import type { Change } from '../../core/change';
import { entryWith, sameContent, type Entry } from '../../core/entry';
import { comparePaths, parentFolders, parentOf } from '../../core/paths';
import { isPlain, type NameRules } from '../../core/filenames/nameRules';
import type { Observation } from '../../core/observation';
import { Backup, type SavedCopy } from './backup';
import { canSyncFileSystem, syncFolder } from '../fs/durable';
import { errnoOf } from '../fs/errno';
import { hashFile } from '../fs/hash';
import { pointsInside } from '../fs/linkTarget';
import { statsAt } from '../fs/stats';
import { inParallel } from '../threads/pool';
import { hasExactName, ensureExactParents, renameFolderCases } from './caseRename';
import { matchesObservation, unchangedSince, removeEmptyFolder, checkParents, type SkipReason } from './preconditions';
import {
  completeStaged,
  renameIfAbsent,
  prepareTemporary,
  replace,
  renameViaTemporary,
  sweepTemporaries,
} from './temporary';

export type { SkipReason as HoldReason } from './preconditions';

/** So many files are made ready together: flushing several at once is several times as fast. */
const batch = 8;
/** Flushing all of a file system takes longer than flushing as many files. */
const fewFiles = 16;
const bufferBytes = 1 << 20;

export interface Skipped {
  readonly path: string;
  readonly reason: SkipReason;
  /** The system's error code, where there is one. */
  readonly errno?: string;
}

export interface TransitionRequest {
  readonly root: string;
  /** Verified content, each file under its path. What is put in place is taken from there. */
  readonly staging: string;
  /** A folder for what is replaced or deleted; made when something is. */
  readonly backup: string;
  readonly changes: readonly Change[];
  /** What the changes were planned on. */
  readonly observations: ReadonlyMap<string, Observation>;
  /** Paths with unsaved edits: never written. */
  readonly hasUnsavedEdits?: (path: string) => boolean;
  /** Folders that stay when they are emptied, such as those that are tracked. */
  readonly keepsEmptyFolder?: (path: string) => boolean;
  readonly honoursModes?: boolean;
  /** How the disk takes names; without it, each name is one of its own. */
  readonly nameRules?: NameRules;
  /** Asked between files: what is done stays done, the rest is held back. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

export interface TransitionResult {
  /** What stands there now. Racy, as it was just written. */
  readonly written: Observation[];
  readonly removed: string[];
  readonly skipped: Skipped[];
}

/**
 * Makes `changes` on the disk. Invariant: what stands at a path is replaced or deleted only when it is what
 * was observed, and is in the backup first. At each moment each path holds its old state or its new, whole.
 * What is deleted under one spelling and put under another, where these are one file, is renamed: both or neither.
 */
export function applyChanges(request: TransitionRequest): Promise<TransitionResult> {
  return new Transition(request).run();
}

interface Ready {
  readonly change: Change & { readonly to: Entry };
  /** Undefined when only the mode changes. */
  readonly temporary: string | undefined;
}

class Transition {
  readonly #request: TransitionRequest;
  readonly #realRoot: string;
  readonly #honoursModes: boolean;
  readonly #backup: Backup;
  readonly #result: TransitionResult = { written: [], removed: [], skipped: [] };
  /** Paths whose staged file has all that it is to have, on the disk. */
  #complete: ReadonlySet<string> = new Set();
  /** Folders that were looked at since the last pause. */
  readonly #seenFolders = new Set<string>();
  /** Folders in which names changed. */
  readonly #touched = new Set<string>();
  /** Old paths by new, of files that get another spelling only. */
  #caseRenamed: ReadonlyMap<string, string> = new Map();
  /** The other path of each of these: what holds back one of the two holds back both. */
  readonly #twins = new Map<string, string>();
  readonly #exactFolders = new Set<string>();

  constructor(request: TransitionRequest) {
    this.#request = request;
    this.#realRoot = realpathSync.native(request.root);
    this.#honoursModes = request.honoursModes ?? process.platform !== 'win32';
    this.#backup = new Backup(request.backup);
  }

  async run(): Promise<TransitionResult> {
    const held = this.#renameFolderCases();
    const changes = this.#request.changes.filter(({ path }) => !held.has(path));
    const ordered = changes.sort((a, b) => comparePaths(a.path, b.path));
    // What is deepest first, so that a folder is empty when a file is to take its place.
    const deletes = ordered.filter(({ path, to }) => to === undefined && !this.#twins.has(path)).reverse();
    const puts = ordered.filter(isPut);
    // First, since it may take a while: nothing of the workspace is touched by it.
    await this.#completeStaged(puts);
    for (const change of deletes) {
      if (this.#isCancelled(change.path)) continue;
      this.#guarded(change.path, () => this.#delete(change));
      await this.#pause();
    }
    for (let start = 0; start < puts.length; start += batch) {
      const ready = await inParallel(puts.slice(start, start + batch), batch, (change) => this.#prepare(change));
      this.#seenFolders.clear();
      for (const one of ready) if (one !== undefined) this.#finish(one);
      await this.#pause();
    }
    this.#removeEmptied();
    await this.#flush();
    return this.#result;
  }

  /** Answers the paths that are held back for it. */
  #renameFolderCases(): ReadonlySet<string> {
    const { root, changes, observations, nameRules: names, signal } = this.#request;
    if (names === undefined || signal?.aborted === true) return new Set();
    const { files, skipped: held } = renameFolderCases({ root, changes, existing: observations.keys(), rules: names });
    for (const [to, from] of files) this.#twins.set(to, from).set(from, to);
    this.#caseRenamed = files;
    for (const [path, errno] of held) {
      this.#result.skipped.push({ path, reason: 'spelling', ...(errno === undefined ? {} : { errno }) });
    }
    return new Set(held.keys());
  }

  async #completeStaged(puts: readonly Ready['change'][]): Promise<void> {
    const { staging, signal } = this.#request;
    if (puts.length <= fewFiles || signal?.aborted === true) return;
    // What has to be copied to another disk is flushed there.
    if (statsAt(staging)?.dev !== statsAt(this.#realRoot)?.dev || !canSyncFileSystem(staging)) return;
    this.#complete = await completeStaged(staging, this.#contentsOf(puts), this.#honoursModes);
  }

  *#contentsOf(puts: readonly Ready['change'][]): Generator<Entry, undefined> {
    for (const change of puts) if (!this.#isModeOnly(change)) yield change.to;
  }

  #delete({ path }: Change): void {
    const target = join(this.#request.root, path);
    const stats = this.#lookBefore(path);
    if (stats === undefined) return;
    if (stats === 'absent') {
      this.#result.removed.push(path);
      return;
    }
    const kept = this.#keep(path, target, stats);
    if (kept === undefined) return;
    unlinkSync(target);
    this.#touched.add(dirname(target));
    this.#result.removed.push(path);
  }

  /** Puts the new content beside its target, when a first look says that it may go there. */
  async #prepare(change: Change & { readonly to: Entry }): Promise<Ready | undefined> {
    const { path, to } = change;
    if (this.#isCancelled(path)) return undefined;
    try {
      if (!this.#isSafe(to) || !this.#mayWrite(change)) return undefined;
      if (this.#isModeOnly(change)) return { change, temporary: undefined };
      const target = join(this.#request.root, path);
      this.#makeFolders(path);
      const isComplete = this.#complete.has(path);
      const temporary = await prepareTemporary(this.#request.staging, target, to, {
        isComplete,
        honoursModes: this.#honoursModes,
      });
      if (temporary === undefined) return this.#hold(path, 'missing');
      return { change, temporary };
    } catch (error) {
      return this.#fail(path, error);
    }
  }

  #makeFolders(path: string): void {
    const { root } = this.#request;
    for (const folder of parentFolders(path)) {
      if (this.#seenFolders.has(folder) || existsSync(join(root, folder))) break;
      // What is made must be flushed in the folder that it is in.
      this.#touched.add(dirname(join(root, folder)));
    }
    const parent = parentOf(path) ?? '';
    if (parent !== '' && !this.#seenFolders.has(parent)) mkdirSync(join(root, parent), { recursive: true });
  }

  /** From here on without a pause, so that nothing else in this process comes between. */
  #finish({ change, temporary }: Ready): void {
    const target = join(this.#request.root, change.path);
    let isDone = false;
    try {
      if (this.#isCancelled(change.path)) return;
      this.#guarded(change.path, () => {
        if (!this.#mayWrite(change) || !this.#renameCase(change.path)) return;
        isDone = temporary === undefined ? this.#changeMode(change, target) : this.#swap(change, temporary, target);
        if (isDone) this.#noteWritten(change.to, target);
      });
    } finally {
      // What was put in place has its new name alone.
      if (temporary !== undefined && !isDone) rmSync(temporary, { force: true });
    }
  }

  #swap({ path, from }: Change, temporary: string, target: string): boolean {
    this.#touched.add(dirname(target));
    if (from === undefined && !this.#caseRenamed.has(path))
      return renameIfAbsent(temporary, target) || this.#refuse(path, 'changed');
    const stats = statsAt(target);
    if (stats === undefined) return this.#refuse(path, 'changed');
    const kept = this.#keep(path, target, stats);
    if (kept === undefined) return false;
    replace(temporary, target);
    return true;
  }

  /** Gives a file its new spelling, where that is what changes. From here on it stands under its new path. */
  #renameCase(path: string): boolean {
    const old = this.#caseRenamed.get(path);
    if (old === undefined) return true;
    const folder = dirname(join(this.#request.root, path));
    this.#touched.add(folder);
    if (basename(old) !== basename(path)) {
      const [from, to] = [join(folder, basename(old)), join(folder, basename(path))];
      renameSync(from, to);
      if (!hasExactName(this.#request.root, path) && !this.#renameCaseByTwoRenames(old, from, to)) return false;
    }
    this.#result.removed.push(old);
    return true;
  }

  /** Some systems take such a rename for none. */
  #renameCaseByTwoRenames(old: string, from: string, to: string): boolean {
    const stats = statsAt(from);
    if (stats === undefined) return this.#refuse(old, 'changed');
    // Between the two it has no name that a kill would leave.
    const kept = this.#keep(old, from, stats);
    return kept !== undefined && (renameViaTemporary(from, to) || this.#refuse(old, 'changed'));
  }

  #changeMode({ to }: Ready['change'], target: string): boolean {
    if (this.#honoursModes) chmodSync(target, to.mode);
    return true;
  }

  /** A last look at what a put finds: what was observed, or nothing. Clears an empty folder out of the way. */
  #mayWrite({ path, from }: Change): boolean {
    const old = this.#caseRenamed.get(path);
    if (old !== undefined && !this.#mayTouch(path)) return false;
    if (from !== undefined || old !== undefined) {
      const stats = this.#lookBefore(old ?? path);
      return typeof stats === 'object' || (stats === 'absent' && this.#refuse(path, 'changed'));
    }
    if (!this.#mayTouch(path)) return false;
    const { root, nameRules: names } = this.#request;
    if (names !== undefined && !ensureExactParents(root, path, names, this.#exactFolders)) {
      return this.#refuse(path, 'spelling');
    }
    const target = join(root, path);
    const stats = statsAt(target);
    if (stats === undefined) return true;
    if (!stats.isDirectory()) return this.#refuse(path, 'changed');
    this.#touched.add(dirname(target));
    return removeEmptyFolder(target) || this.#refuse(path, 'occupied');
  }

  /** What stands at `path` when it is what was observed, or that nothing does; undefined when it is held back. */
  #lookBefore(path: string): BigIntStats | 'absent' | undefined {
    if (!this.#mayTouch(path)) return undefined;
    const stats = statsAt(join(this.#request.root, path));
    if (stats === undefined) return 'absent';
    const seen = this.#request.observations.get(path);
    if (seen !== undefined && matchesObservation(seen, stats) && this.#hashHolds(seen)) return stats;
    return this.#hold(path, 'changed');
  }

  /** Invariant: times that could hide a write are not relied on: then the content itself is looked at. */
  #hashHolds(seen: Observation): boolean {
    if (!seen.racy || seen.kind === 'symlink') return true;
    const hashed = hashFile(join(this.#request.root, seen.path), { buffer: new Uint8Array(bufferBytes) });
    // That took a while.
    this.#seenFolders.clear();
    return hashed.kind === 'file' && hashed.hash === seen.hash;
  }

  #mayTouch(path: string): boolean {
    if (this.#request.hasUnsavedEdits?.(path) === true) return this.#refuse(path, 'unsaved');
    const { root, nameRules: names } = this.#request;
    // Where names are folded, folders are renamed on the way.
    const seen = names === undefined || isPlain(names) ? this.#seenFolders : undefined;
    return checkParents(root, path, seen) !== 'blocked' || this.#refuse(path, 'blocked');
  }

  #isSafe({ path, target }: Entry): boolean {
    const isUnsafe =
      pathFault(path) !== undefined || (target !== undefined && !pointsInside(this.#realRoot, path, target));
    return !isUnsafe || this.#refuse(path, 'unsafe');
  }

  #isModeOnly({ path, from, to }: Ready['change']): boolean {
    const old = this.#caseRenamed.get(path);
    const seen = this.#request.observations.get(old ?? path);
    const before = old === undefined ? from : seen;
    return seen?.kind === 'file' && before !== undefined && sameContent(before, to);
  }

  /** Keeps what stands at `path`, and looks once more; undefined when it was touched meanwhile. */
  #keep(path: string, target: string, stats: BigIntStats): SavedCopy | undefined {
    const kept = this.#backup.save(target, path, stats);
    // A copy took a while.
    if (!kept.isLink) this.#seenFolders.clear();
    const after = statsAt(target);
    if (after !== undefined && unchangedSince(stats, after, kept.isLink)) return kept;
    this.#backup.discard(kept);
    return this.#hold(path, 'changed');
  }

  #noteWritten(to: Entry, target: string): void {
    const stats = statsAt(target);
    if (stats === undefined) return;
    const { dev, ino, mtimeNs, ctimeNs } = stats;
    this.#result.written.push({ ...entryWith(to, { mtimeNs }), dev, ino, ctimeNs, racy: true });
  }

  #removeEmptied(): void {
    for (const path of this.#result.removed) {
      for (let folder = parentOf(path); folder !== undefined && folder !== ''; folder = parentOf(folder)) {
        if (this.#request.keepsEmptyFolder?.(folder) === true) break;
        const absolute = join(this.#request.root, folder);
        try {
          // A symlink that took the folder's place is no folder: rmdir refuses it.
          rmdirSync(absolute);
        } catch {
          break;
        }
        this.#touched.delete(absolute);
        this.#touched.add(dirname(absolute));
      }
    }
  }

  async #flush(): Promise<void> {
    for (const folder of [...this.#backup.foldersToFlush, ...this.#touched]) {
      const flushed = this.#touched.has(folder) ? sweepTemporaries(folder) : Promise.resolve();
      await flushed
        .then(() => syncFolder(folder))
        .catch((error: unknown) => {
          if (errnoOf(error) === undefined) throw error;
          // It went away, or cannot be flushed: the files in it have been.
        });
    }
  }

  async #pause(): Promise<void> {
    const { written, removed } = this.#result;
    this.#request.onProgress?.(written.length + removed.length);
    await setImmediate();
    this.#seenFolders.clear();
  }

  #isCancelled(path: string): boolean {
    if (this.#request.signal?.aborted !== true) return false;
    this.#hold(path, 'cancelled');
    return true;
  }

  #guarded(path: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(path, error);
    }
  }

  #fail(path: string, error: unknown): undefined {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    for (const one of this.#withTwin(path)) this.#result.skipped.push({ path: one, reason: 'failed', errno });
    return undefined;
  }

  #refuse(path: string, reason: SkipReason): false {
    this.#hold(path, reason);
    return false;
  }

  #hold(path: string, reason: SkipReason): undefined {
    for (const one of this.#withTwin(path)) this.#result.skipped.push({ path: one, reason });
    return undefined;
  }

  #withTwin(path: string): string[] {
    const twin = this.#twins.get(path);
    return twin === undefined ? [path] : [path, twin];
  }
}

function isPut(change: Change): change is Change & { readonly to: Entry } {
  return change.to !== undefined;
}
