import type { Observation } from '../../core/observation';
import { isInside, parentOf } from '../../core/paths';
import { isBlockedByProblem, isSharedFault, type Problem } from '../../core/problem';
import type { FolderSnapshot } from './snapshots/folderSnapshot';
import type { BatchResult } from './inspection/inspectBatch';
import type { ScanProgress } from './scannerPort';

/** Collects the findings of one scan, and reports its progress. */
export class ScanFindings {
  changed: Observation[] = [];
  readonly gitignores = new Map<string, string | null>();
  /** The folders that are Palmtree's own storage. */
  readonly ownFolders = new Set<string>();
  readonly #problems = new Map<string, Problem>();
  /** The inspected paths at which a file or symlink exists. */
  readonly #present = new Set<string>();
  readonly #unchangedFolders = new Map<string, FolderSnapshot>();
  readonly #onProgress: ((progress: ScanProgress) => void) | undefined;
  /** Files in unchanged folders that were not inspected. */
  #trustedFiles = 0;
  #files = 0;
  #hashedBytes = 0;

  /** `onProgress` may throw to stop the scan. `problems` were found before it. */
  constructor(onProgress: ((progress: ScanProgress) => void) | undefined, problems: readonly Problem[] = []) {
    this.#onProgress = onProgress;
    for (const problem of problems) this.addProblem(problem);
  }

  get problems(): Problem[] {
    return [...this.#problems.values()];
  }

  /** The number of files and symlinks that the scan found. */
  get presentCount(): number {
    return this.#present.size + this.#trustedFiles;
  }

  addProblem(problem: Problem): void {
    // Another problem of that file must not hide that its patterns are unknown.
    if (!isSharedFault(this.#problems.get(problem.path))) this.#problems.set(problem.path, problem);
  }

  /** Adds the result of an inspection of `paths`. */
  addBatch(paths: readonly string[], { changed, missing, folders, problems }: BatchResult): void {
    this.#files += paths.length - missing.length - folders.length - problems.length;
    for (const path of paths) this.#present.add(path);
    for (const path of missing) this.#present.delete(path);
    for (const path of folders) this.#present.delete(path);
    for (const observation of changed) this.changed.push(observation);
    for (const problem of problems) {
      this.#present.delete(problem.path);
      this.addProblem(problem);
    }
  }

  /** Adds an unchanged folder. Its files need no inspection, apart from `inspectAlways`. */
  addUnchangedFolder(folder: string, snapshot: FolderSnapshot): void {
    this.#unchangedFolders.set(folder, snapshot);
    this.#files += snapshot.files.length;
    this.#trustedFiles += snapshot.files.length;
  }

  /** Forgets what was found in a folder, which then has to get a problem. */
  dropIn(folder: string): void {
    this.changed = this.changed.filter(({ path }) => !isInside(path, folder));
    for (const path of this.#problems.keys()) if (isInside(path, folder)) this.#problems.delete(path);
  }

  addHashedBytes(bytes: number): void {
    this.#hashedBytes += bytes;
    this.report();
  }

  /** Reports the progress. Throws if `onProgress` stops the scan. */
  report(): void {
    this.#onProgress?.({ files: this.#files, hashedBytes: this.#hashedBytes });
  }

  /** Whether a file or symlink exists at the known path. */
  isPresent(path: string): boolean {
    if (this.#present.has(path)) return true;
    const snapshot = this.#unchangedFolders.get(parentOf(path) ?? '');
    return snapshot !== undefined && !snapshot.inspectAlways.includes(path.slice(path.lastIndexOf('/') + 1));
  }

  /** Whether a problem kept `path` from being inspected. */
  isBlockedByProblem(path: string): boolean {
    return isBlockedByProblem(path, this.#problems);
  }
}
