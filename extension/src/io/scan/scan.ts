import { lstatSync, opendirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathFault } from '../../../../server/src/contract/paths';
import { parentFolders, parentOf } from '../../core/paths';
import type { Observation } from '../../core/observation';
import type { Problem } from '../../core/problem';
import { Selection } from '../../core/tracking/selection';
import { PalmtreeError } from '../../errors';
import { errnoOf } from '../fs/errno';
import { FileClock } from './fileClock';
import type { FolderRecord } from './folderRecord';
import type { ScanProgress, ScanResult, ScanScope } from './scannerPort';
import { lookAt, sameObservation, type BatchResult } from './scanBatch';
import { faultOf, namesIn, type Found } from './scanFolder';
import { look, unreadable, type LookOptions } from './scanLook';

const bufferBytes = 1 << 20;

export interface PassOptions {
  readonly root: string;
  /** A folder for the probe of the file system's clock. */
  readonly storage?: string | undefined;
  readonly scope: ScanScope;
  readonly known: ReadonlyMap<string, Observation>;
  readonly only?: readonly string[] | undefined;
  readonly verify?: boolean | undefined;
  readonly honoursModes?: boolean | undefined;
  /** Folders that hold what they held when all in them was known. */
  readonly unchanged?: ReadonlyMap<string, FolderRecord> | undefined;
  /** Called often; throws to stop the pass. */
  readonly onProgress?: ((progress: ScanProgress) => void) | undefined;
}

/** A folder that a pass has read. */
export interface ReadFolder {
  readonly folder: string;
  readonly entries: readonly Found[];
  readonly isLookedInto: (path: string) => boolean;
}

/** One pass over the disk, which answers how it differs from what is known. Throws root_gone. */
export function scanPass(options: PassOptions): ScanResult {
  const pass = new Pass(options);
  pass.walk();
  for (let batch = pass.next(); batch.length > 0; batch = pass.next()) pass.lookAt(batch);
  return pass.finish();
}

const gitignore = '.gitignore';
/** Files that are handed out together. */
export const batchSize = 256;

/**
 * A pass in its steps: walk, take each batch of files that it found and look at it, here or on another thread, and
 * finish.
 */
export class Pass {
  readonly #options: PassOptions;
  readonly #selection: Selection;
  readonly #look: LookOptions;
  readonly #only: ReadonlySet<string> | undefined;
  readonly #rootBefore: string;
  readonly #seen: Observation[] = [];
  /** Files to look at, by the folders that were walked; those before the mark have been handed out. */
  readonly #pending: string[] = [];
  #handedOut = 0;
  readonly #met = new Set<string>();
  readonly #problems = new Map<string, Problem>();
  readonly #gitignores = new Map<string, string | null>();
  readonly #read: ReadFolder[] = [];
  readonly #isLookedInto: (path: string) => boolean;
  #onFolder: (() => void) | undefined;
  /** The unchanged folders that were come by, and how many files in them need no look. */
  readonly #passed = new Map<string, FolderRecord>();
  #passedOver = 0;
  #files = 0;
  #hashedBytes = 0;

  constructor(options: PassOptions) {
    this.#options = options;
    const { root, scope } = options;
    this.#rootBefore = identityOfRoot(root);
    const clock = FileClock.read(root, options.storage);
    this.#selection = new Selection(scope);
    this.#isLookedInto = (path) => this.#selection.mayTrackBelow(path);
    this.#only = options.only === undefined ? undefined : outermost(options.only.map(widened(scope)));
    this.#look = {
      root,
      realRoot: realpathSync.native(root),
      clock,
      verify: options.verify ?? false,
      honoursModes: options.honoursModes ?? process.platform !== 'win32',
      buffer: new Uint8Array(bufferBytes),
      onBytes: (bytes) => {
        this.#hashedBytes += bytes;
        this.#report();
      },
    };
  }

  /** What a look here needs; another thread gets the same with a buffer and a report of its own. */
  get lookOptions(): LookOptions {
    return this.#look;
  }

  /** Finds the files to look at; `onFolder` is called after each folder. */
  walk(onFolder?: () => void): void {
    this.#onFolder = onFolder;
    if (this.#only === undefined || this.#only.has('')) this.#walk('');
    else for (const path of this.#only) this.#visitFromAbove(path);
  }

  get pendingCount(): number {
    return this.#pending.length - this.#handedOut;
  }

  /** The next files to look at, `most` of them; none when all have been handed out. */
  next(most = batchSize): readonly string[] {
    const from = this.#handedOut;
    this.#handedOut = Math.min(from + most, this.#pending.length);
    return this.#pending.slice(from, this.#handedOut);
  }

  lookAt(paths: readonly string[]): void {
    const found = lookAt(paths, (path) => this.#options.known.get(path), {
      ...this.#look,
      onFile: () => this.#report(),
    });
    this.take(paths, found);
    this.#report();
  }

  /** Takes in what a look at `paths` found. A folder that came to be there is walked. */
  take(paths: readonly string[], found: BatchResult): void {
    this.#files += paths.length - found.gone.length - found.folders.length - found.problems.length;
    for (const path of paths) this.#met.add(path);
    for (const path of found.gone) this.#met.delete(path);
    for (const seen of found.seen) this.#seen.push(seen);
    for (const problem of found.problems) {
      this.#met.delete(problem.path);
      this.#problem(problem);
    }
    for (const folder of found.folders) {
      this.#met.delete(folder);
      if (this.#selection.mayTrackBelow(folder)) this.#walk(folder);
    }
  }

  /** The folders that were read, with what stood in them. */
  get read(): readonly ReadFolder[] {
    return this.#read;
  }

  /** Those that are not as they were known. */
  differing(seen: readonly Observation[]): readonly Observation[] {
    return seen.filter((one) => !sameObservation(one, this.#options.known.get(one.path)));
  }

  /** Counts in what another thread hashed. */
  countHashed(bytes: number): void {
    this.#hashedBytes += bytes;
    this.#report();
  }

  finish(): ScanResult {
    // Invariant: a root that went away meanwhile must not make its files look deleted.
    const { root } = this.#options;
    if (identityOfRoot(root) !== this.#rootBefore) throw rootGone(root);
    return {
      changed: this.#seen,
      removed: this.#gone(),
      problems: [...this.#problems.values()],
      gitignores: this.#gitignores,
    };
  }

  /** Comes to `path` by the folders above it, as a full pass would, and looks at it only if that one would. */
  #visitFromAbove(path: string): void {
    const fault = pathFault(path);
    if (fault !== undefined) {
      if (this.#selection.includes(path)) this.#problem({ path, reason: fault });
      return;
    }
    for (const folder of ['', ...[...parentFolders(path)].reverse()]) {
      if (!this.#selection.mayTrackBelow(folder) || !this.#canEnter(folder)) return;
      this.#readGitignore(folder);
    }
    this.#visit(path);
  }

  #canEnter(folder: string): boolean {
    if (folder === '') return true;
    const absolute = join(this.#options.root, folder);
    try {
      if (!lstatSync(absolute).isDirectory()) return false;
      // A full pass would have to list it.
      opendirSync(absolute).closeSync();
      return true;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno !== 'ENOENT' && errno !== 'ENOTDIR') this.#problem(unreadable(folder, errno ?? String(error)));
      return false;
    }
  }

  #walk(folder: string): void {
    this.#report();
    const record = this.#options.unchanged?.get(folder);
    if (record !== undefined) return this.#passOver(folder, record);
    const entries = this.#list(folder);
    if (entries === undefined) return;
    this.#read.push({ folder, entries, isLookedInto: this.#isLookedInto });
    const hasGitignore = entries.some((entry) => entry.name === gitignore);
    if (hasGitignore || this.#only !== undefined) this.#readGitignore(folder);
    for (const entry of entries) {
      const path = this.#pathOf(folder, entry);
      if (path === undefined) continue;
      if (entry.isDirectory()) {
        if (this.#selection.mayTrackBelow(path)) this.#walk(path);
      } else if (this.#selection.includes(path)) {
        this.#pending.push(path);
      } else if (this.#selection.hasTrackedBelow(path)) {
        this.#visit(path);
      }
    }
    this.#onFolder?.();
  }

  /** Takes a folder for what it was, and goes on below it. */
  #passOver(folder: string, unchanged: FolderRecord): void {
    const { files, others, folders } = unchanged;
    const at = folder === '' ? '' : `${folder}/`;
    this.#passed.set(folder, unchanged);
    this.#files += files.length;
    this.#passedOver += files.length;
    for (const name of others) this.#pending.push(at + name);
    for (const name of folders) if (this.#selection.mayTrackBelow(at + name)) this.#walk(at + name);
    this.#onFolder?.();
  }

  #list(folder: string): readonly Found[] | undefined {
    try {
      return namesIn(join(this.#options.root, folder));
    } catch (error) {
      const errno = errnoOf(error);
      if (folder === '') throw rootGone(this.#options.root, error);
      if (errno !== 'ENOENT' && errno !== 'ENOTDIR') this.#problem(unreadable(folder, errno ?? String(error)));
      return undefined;
    }
  }

  /** Looks at what may stand in the way of what is tracked, or is tracked itself. */
  #visit(path: string): void {
    if (this.#selection.includes(path)) {
      this.#pending.push(path);
      return;
    }
    const found = look(path, this.#options.known.get(path), this.#look);
    if (found === undefined) return;
    if (found === 'folder') {
      if (this.#selection.mayTrackBelow(path)) this.#walk(path);
      return;
    }
    const isLink = 'seen' in found ? found.seen.kind === 'symlink' : found.problem.reason === 'link-outside';
    if (isLink) this.#problem({ path, reason: 'link-as-folder' });
  }

  /** The path of a name that can travel; another is named as a problem if it would be taken in. */
  #pathOf(folder: string, { name, fault: given }: Found): string | undefined {
    const path = folder === '' ? name : `${folder}/${name}`;
    const fault = given ?? faultOf(path, name);
    if (fault === undefined) return path;
    if (this.#selection.includes(path)) this.#problem({ path, reason: fault });
    return undefined;
  }

  #readGitignore(folder: string): void {
    if (!this.#options.scope.respectGitignore) return;
    try {
      const content = readFileSync(join(this.#options.root, folder, gitignore), 'utf8');
      this.#selection.addGitignore(folder, content);
      this.#gitignores.set(folder, content);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      // There is none; one that cannot be read is a problem of its own when it is met as a file.
      if (this.#only !== undefined) this.#gitignores.set(folder, null);
    }
  }

  #problem(problem: Problem): void {
    this.#problems.set(problem.path, problem);
  }

  /** Invariant: what a problem keeps from being looked at is not gone. */
  #gone(): string[] {
    const gone: string[] = [];
    for (const path of this.#possiblyGone()) {
      if (this.#met.has(path) || this.#isPassedOver(path)) continue;
      if (this.#isInScope(path) && !this.#isHeldByProblem(path)) gone.push(path);
    }
    return gone;
  }

  /** Of what is known, as little as is soon told. */
  #possiblyGone(): Iterable<string> {
    const { known } = this.#options;
    // Nothing is known below a file.
    if (this.#only !== undefined && [...this.#only].every((path) => known.has(path))) return this.#only;
    const areAllThere =
      this.#met.size + this.#passedOver === known.size && this.#seen.every(({ path }) => known.has(path));
    return areAllThere ? [] : known.keys();
  }

  #isPassedOver(path: string): boolean {
    const record = this.#passed.get(parentOf(path) ?? '');
    return record !== undefined && !record.others.includes(path.slice(path.lastIndexOf('/') + 1));
  }

  #isInScope(path: string): boolean {
    if (this.#only === undefined || this.#only.has('') || this.#only.has(path)) return true;
    for (const folder of parentFolders(path)) if (this.#only.has(folder)) return true;
    return false;
  }

  /** What is no longer selected is gone from the observations, whatever stands there. */
  #isHeldByProblem(path: string): boolean {
    if (this.#problems.size === 0 || !this.#selection.includes(path)) return false;
    if (this.#problems.has(path)) return true;
    for (const folder of parentFolders(path)) if (this.#problems.has(folder)) return true;
    return false;
  }

  #report(): void {
    this.#options.onProgress?.({ files: this.#files, hashedBytes: this.#hashedBytes });
  }
}

/** A changed .gitignore decides on all of its folder. */
function widened(scope: ScanScope): (path: string) => string {
  return (path) =>
    scope.respectGitignore && (path === gitignore || path.endsWith(`/${gitignore}`)) ? (parentOf(path) ?? '') : path;
}

function outermost(paths: readonly string[]): Set<string> {
  const all = new Set(paths);
  if (all.has('')) return new Set(['']);
  return new Set([...all].filter((path) => ![...parentFolders(path)].some((folder) => all.has(folder))));
}

/** The root may be a symlink to the folder; what is below it is never followed. */
function identityOfRoot(root: string): string {
  try {
    const stats = statSync(root, { bigint: true });
    if (stats.isDirectory()) return `${stats.dev} ${stats.ino}`;
  } catch (error) {
    throw rootGone(root, error);
  }
  throw rootGone(root);
}

function rootGone(root: string, cause?: unknown): PalmtreeError {
  return new PalmtreeError('root_gone', 'the workspace folder is gone, or cannot be read', {
    details: { subject: root },
    cause,
  });
}
