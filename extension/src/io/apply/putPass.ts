import { chmodSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { leadsIntoGit } from '../../../../server/src/contract/links';
import { pathFault } from '../../../../server/src/contract/paths';
import { sameContent, type Entry } from '../../core/entry';
import { parentFolders, parentOf } from '../../core/paths';
import { canFlushFileSystem } from '../fs/durable';
import { errnoOf } from '../fs/errno';
import { pointsInside } from '../fs/linkTarget';
import { statsAt } from '../fs/stats';
import { inParallel } from '../threads/inParallel';
import { runYielding } from '../threads/yielding';
import { adoptFolders } from './adoptFolders';
import { ensureExactParents } from './caseRename';
import { linksOutsideSteps } from './linksOutside';
import { FolderModes } from './folderModes';
import { PathSkipped, removeEmptyFolder } from './preconditions';
import { renameFile } from './renamePass';
import { replaceTarget } from './replaceTarget';
import { checkAccess, rehashRacy, requireTarget } from './targetCheck';
import { completeStaged, discardTemporary, prepareTemporary, renameIfAbsent } from './temporary';
import { maxSingleFlushes, observed, type ApplyState, type CompleteFile, type Put } from './applyState';

const allModes = 0o777;

/** Files are prepared in batches: flushing several at once is several times as fast as one by one. */
const batchSize = 8;

interface PreparedPut {
  readonly put: Put;
  /** The complete file next to its target; undefined if only the mode changes. */
  readonly temporary: string | undefined;
}

/** Creates and replaces files and symlinks, and changes modes. */
export class PutPass {
  readonly #state: ApplyState;
  readonly #puts: readonly Put[];
  /** The staged files that have their final mode and times and are flushed, by path. */
  #complete: ReadonlyMap<string, CompleteFile> = new Map();
  /** Folders whose name on the disk is known to equal the one in the path. */
  readonly #exactFolders = new Set<string>();
  readonly #folderModes: FolderModes;
  #linksOutside: ReadonlySet<string> = new Set();

  constructor(state: ApplyState, puts: readonly Put[]) {
    this.#state = state;
    this.#puts = puts;
    this.#folderModes = new FolderModes(puts.map(({ to }) => to));
  }

  /** Completes many files in the staging folder and flushes them at once. Few are completed one by one later. */
  async completeStagedFiles(): Promise<void> {
    const { request, realRoot, keepsModes, isCancelled } = this.#state;
    if (this.#puts.length <= maxSingleFlushes || isCancelled) return;
    // Files on another disk are copied to this one later, and flushed then.
    if (statsAt(request.staging)?.dev !== statsAt(realRoot)?.dev || !canFlushFileSystem(request.staging)) return;
    this.#complete = await completeStaged(request.staging, this.#entriesWithContent(), keepsModes);
  }

  *#entriesWithContent(): Generator<Entry, undefined> {
    for (const put of this.#puts) if (!this.#isModeOnly(put)) yield put.to;
  }

  /** The paths of the files that will be replaced, so that they can be backed up. */
  *replacedPaths(): Generator<string, undefined> {
    for (const put of this.#puts) {
      const path = this.#replacedPath(put);
      if (path !== undefined && !this.#isModeOnly(put)) yield path;
    }
  }

  async putFiles(): Promise<void> {
    this.#linksOutside = await runYielding(linksOutsideSteps(this.#state.request));
    const [puts, complete, folderModes] = [this.#puts, this.#complete, this.#folderModes];
    const adopted = await adoptFolders(this.#state, { puts, complete, folderModes });
    const others = adopted.size === 0 ? puts : puts.filter(({ path }) => !adopted.has(path));
    for (let start = 0; start < others.length; start += batchSize) {
      const batch = others.slice(start, start + batchSize);
      const prepared = await inParallel(batch, batchSize, (put) => this.#prepare(put));
      this.#state.checkedFolders.clear();
      for (const one of prepared) if (one !== undefined) await this.#finish(one);
      await this.#state.pause();
    }
  }

  /** Moves the complete file next to its target if a first check allows it. Returns undefined for a skipped path. */
  async #prepare(put: Put): Promise<PreparedPut | undefined> {
    const { path, to } = put;
    const { root, request, keepsModes } = this.#state;
    try {
      this.#checkCancelled();
      this.#checkSafe(to);
      await this.#rehash(put);
      this.#ensureReplaceable(put);
      if (this.#isModeOnly(put)) return { put, temporary: undefined };
      this.#makeFolders(path);
      const isComplete = this.#complete.has(path);
      const options = { isComplete, keepsModes: keepsModes(path) };
      const temporary = await prepareTemporary(request.staging, join(root, path), to, options);
      if (temporary === undefined) throw new PathSkipped('missing');
      return { put, temporary };
    } catch (error) {
      this.#state.skipAfter(error, path);
      return undefined;
    }
  }

  #makeFolders(path: string): void {
    const { root, checkedFolders, changedFolders } = this.#state;
    const missing: string[] = [];
    for (const folder of parentFolders(path)) {
      if (checkedFolders.has(folder) || existsSync(join(root, folder))) break;
      missing.push(folder);
    }
    for (const folder of missing.reverse()) {
      changedFolders.add(dirname(join(root, folder)));
      this.#makeFolder(folder);
    }
  }

  /**
   * Creates a folder unless it exists. Folders have no modes on the wire, so the files in it decide: if neither the group
   * nor others may read any of them, these may not enter the folder. It is never open to more users than the folder
   * above, unless that is the workspace folder: whoever may not enter that reaches nothing in it.
   */
  #makeFolder(folder: string): void {
    const { root, keepsModes } = this.#state;
    try {
      const parent = parentOf(folder) ?? '';
      const above = parent !== '' && keepsModes(folder) ? statSync(join(root, parent)).mode : allModes;
      mkdirSync(join(root, folder), { mode: this.#folderModes.below(above, folder) });
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }

  async #finish({ put, temporary }: PreparedPut): Promise<void> {
    const { path, to } = put;
    const target = join(this.#state.root, path);
    try {
      await this.#rehash(put);
      if (temporary === undefined) this.#changeMode(put, target);
      else if (this.#replacedPath(put) === undefined) this.#create(put, temporary, target);
      else await this.#replace(put, temporary, target);
      this.#recordWritten(to, target);
    } catch (error) {
      if (temporary !== undefined) discardTemporary(temporary);
      this.#state.skipAfter(error, path);
    }
  }

  #changeMode(put: Put, target: string): void {
    this.#check(put);
    renameFile(this.#state, put.path);
    if (this.#state.keepsModes(put.path)) chmodSync(target, put.to.mode);
  }

  #create(put: Put, temporary: string, target: string): void {
    this.#check(put);
    this.#state.changedFolders.add(dirname(target));
    if (!renameIfAbsent(temporary, target)) throw new PathSkipped('changed');
  }

  async #replace(put: Put, temporary: string, target: string): Promise<void> {
    const path = this.#replacedPath(put) ?? put.path;
    await replaceTarget(this.#state, {
      path,
      check: () => {
        this.#check(put);
        return requireTarget(this.#state, path);
      },
      replace: () => {
        this.#state.changedFolders.add(dirname(target));
        renameFile(this.#state, put.path);
        renameSync(temporary, target);
      },
    });
  }

  async #rehash(put: Put): Promise<void> {
    const replaced = this.#replacedPath(put);
    if (replaced !== undefined) await rehashRacy(this.#state, replaced);
  }

  #check(put: Put): void {
    this.#checkCancelled();
    this.#ensureReplaceable(put);
  }

  /** The path of the file that the put replaces: with a rename, its old path. Undefined if the put creates a file. */
  #replacedPath({ path, from }: Put): string | undefined {
    return this.#state.oldPathOf(path) ?? (from === undefined ? undefined : path);
  }

  /**
   * Checks that the target equals its observation, or does not exist if nothing was observed. Removes an empty folder
   * at its path. Throws PathSkipped.
   */
  #ensureReplaceable(put: Put): void {
    const { root, request, changedFolders } = this.#state;
    const { path } = put;
    const replaced = this.#replacedPath(put);
    if (replaced !== path) checkAccess(this.#state, path);
    if (replaced !== undefined) {
      requireTarget(this.#state, replaced);
      return;
    }
    const { nameRules } = request;
    if (nameRules !== undefined && !ensureExactParents(root, path, nameRules, this.#exactFolders)) {
      throw new PathSkipped('spelling');
    }
    const target = join(root, path);
    const stats = statsAt(target);
    if (stats === undefined) return;
    if (!stats.isDirectory()) throw new PathSkipped('changed');
    changedFolders.add(dirname(target));
    if (!removeEmptyFolder(target)) throw new PathSkipped('occupied');
  }

  #checkCancelled(): void {
    if (this.#state.isCancelled) throw new PathSkipped('cancelled');
  }

  #checkSafe({ path, target }: Entry): void {
    const isUnsafeLink =
      target !== undefined &&
      (this.#linksOutside.has(path) || leadsIntoGit(target) || !pointsInside(this.#state.realRoot, path, target));
    if (pathFault(path) !== undefined || isUnsafeLink) throw new PathSkipped('unsafe');
  }

  #isModeOnly({ path, from, to }: Put): boolean {
    const oldPath = this.#state.oldPathOf(path);
    const seen = this.#state.request.observations.get(oldPath ?? path);
    const before = oldPath === undefined ? from : seen;
    return seen?.kind === 'file' && before !== undefined && sameContent(before, to);
  }

  #recordWritten(to: Entry, target: string): void {
    const stats = statsAt(target);
    if (stats !== undefined) this.#state.result.written.push(observed(to, stats));
  }
}
