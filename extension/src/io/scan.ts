import { isUtf8 } from 'node:buffer';
import { lstatSync, opendirSync, readdirSync, readFileSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { pathFault } from '../../../server/src/contract/paths';
import { foldersAbove, parentOf } from '../engine/folders';
import type { Observation, Problem } from '../engine/observation';
import { Selection } from '../engine/selection';
import { PalmtreeError } from '../errors';
import { errnoOf } from './durable';
import { FileClock } from './fileClock';
import type { ScanProgress, ScanResult, ScanScope } from './ports';
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
  /** Called often; throws to stop the pass. */
  readonly onProgress?: ((progress: ScanProgress) => void) | undefined;
}

/** One pass over the disk, which answers how it differs from what is known. Throws root_gone. */
export function scanPass(options: PassOptions): ScanResult {
  return new Pass(options).run();
}

const gitignore = '.gitignore';

class Pass {
  readonly #options: PassOptions;
  readonly #selection: Selection;
  readonly #look: LookOptions;
  readonly #only: ReadonlySet<string> | undefined;
  readonly #rootBefore: string;
  readonly #seen: Observation[] = [];
  readonly #met = new Set<string>();
  readonly #problems = new Map<string, Problem>();
  readonly #gitignores = new Map<string, string | null>();
  #files = 0;
  #hashedBytes = 0;

  constructor(options: PassOptions) {
    this.#options = options;
    const { root, scope } = options;
    this.#rootBefore = identityOfRoot(root);
    const clock = new FileClock(root, options.storage);
    this.#selection = new Selection(scope);
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

  run(): ScanResult {
    if (this.#only === undefined || this.#only.has('')) this.#walk('');
    else for (const path of this.#only) this.#visitFromAbove(path);
    // Invariant: a root that went away meanwhile must not make its files look deleted.
    const { root } = this.#options;
    if (identityOfRoot(root) !== this.#rootBefore) throw rootGone(root);
    return {
      seen: this.#seen,
      gone: this.#gone(),
      problems: [...this.#problems.values()],
      gitignores: this.#gitignores,
    };
  }

  /** Comes to `path` by the folders above it, as a full pass would, and looks at it only if that one would. */
  #visitFromAbove(path: string): void {
    const fault = pathFault(path);
    if (fault !== undefined) {
      if (this.#selection.includes(path)) this.#problem(badName(path, fault));
      return;
    }
    for (const folder of ['', ...[...foldersAbove(path)].reverse()]) {
      if (!this.#selection.entersFolder(folder) || !this.#canEnter(folder)) return;
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
    const entries = this.#read(folder);
    if (entries === undefined) return;
    const hasGitignore = entries.some((entry) => entry.name.toString('latin1') === gitignore);
    if (hasGitignore || this.#only !== undefined) this.#readGitignore(folder);
    for (const entry of entries) {
      const path = this.#pathOf(folder, entry.name);
      if (path === undefined) continue;
      if (entry.isDirectory()) {
        if (this.#selection.entersFolder(path)) this.#walk(path);
      } else if (this.#selection.includes(path) || this.#selection.leadsOn(path)) {
        this.#visit(path);
      }
    }
  }

  #read(folder: string): Dirent<Buffer>[] | undefined {
    try {
      return readdirSync(join(this.#options.root, folder), { withFileTypes: true, encoding: 'buffer' });
    } catch (error) {
      const errno = errnoOf(error);
      if (folder === '') throw rootGone(this.#options.root, error);
      if (errno !== 'ENOENT' && errno !== 'ENOTDIR') this.#problem(unreadable(folder, errno ?? String(error)));
      return undefined;
    }
  }

  #visit(path: string): void {
    const found = look(path, this.#options.known.get(path), this.#look);
    if (found === undefined) return;
    if (found === 'folder') {
      if (this.#selection.entersFolder(path)) this.#walk(path);
      return;
    }
    if (!this.#selection.includes(path)) {
      const isLink = 'seen' in found ? found.seen.kind === 'symlink' : found.problem.reason === 'link-outside';
      if (isLink) this.#problem(followsNoLink(path));
      return;
    }
    if ('problem' in found) return this.#problem(found.problem);
    this.#met.add(path);
    if (!sameObservation(found.seen, this.#options.known.get(path))) this.#seen.push(found.seen);
    this.#files++;
    this.#report();
  }

  /** The path of a name that can travel; another is named as a problem if it would be taken in. */
  #pathOf(folder: string, name: Buffer): string | undefined {
    const valid = isUtf8(name);
    const text = valid ? name.toString('utf8') : escaped(name);
    const path = folder === '' ? text : `${folder}/${text}`;
    const fault = valid ? pathFault(path) : 'is not valid UTF-8';
    if (fault === undefined) return path;
    if (this.#selection.includes(path)) this.#problem(badName(path, fault));
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
    for (const path of this.#options.known.keys()) {
      if (this.#met.has(path) || !this.#isInScope(path) || this.#isHeldByProblem(path)) continue;
      gone.push(path);
    }
    return gone;
  }

  #isInScope(path: string): boolean {
    if (this.#only === undefined || this.#only.has('') || this.#only.has(path)) return true;
    for (const folder of foldersAbove(path)) if (this.#only.has(folder)) return true;
    return false;
  }

  /** What is no longer selected is gone from the observations, whatever stands there. */
  #isHeldByProblem(path: string): boolean {
    if (this.#problems.size === 0 || !this.#selection.includes(path)) return false;
    if (this.#problems.has(path)) return true;
    for (const folder of foldersAbove(path)) if (this.#problems.has(folder)) return true;
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
  return new Set([...all].filter((path) => ![...foldersAbove(path)].some((folder) => all.has(folder))));
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

function badName(path: string, fault: string): Problem {
  return { path, reason: 'name', detail: `Its name ${fault}. Rename it, or untrack it.` };
}

function followsNoLink(path: string): Problem {
  return { path, reason: 'special', detail: 'It is a symbolic link, and what is tracked behind it is not followed.' };
}

/** Shows each byte that is not ASCII, so that different names stay different. */
function escaped(name: Buffer): string {
  return [...name].map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`)).join('');
}

function sameObservation(a: Observation, b: Observation | undefined): boolean {
  if (a === b) return true;
  return (
    b !== undefined &&
    a.hash === b.hash &&
    a.ino === b.ino &&
    a.ctimeNs === b.ctimeNs &&
    a.mtimeNs === b.mtimeNs &&
    a.racy === b.racy &&
    a.mode === b.mode &&
    a.dev === b.dev &&
    a.kind === b.kind &&
    a.size === b.size
  );
}
