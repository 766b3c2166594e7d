import { lstatSync, opendirSync, statSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { pathFault } from '../../../../server/src/contract/paths';
import { maskOf, openMask } from '../../core/folderMasks';
import { parentFolders, parentOf } from '../../core/paths';
import { gitignoreName, isGitignoreName } from '../../core/problem';
import { sharedFiles } from '../../core/sharedFiles';
import { Selection } from '../../core/tracking/selection';
import { errnoOf, isNotFound } from '../fs/errno';
import { rootFault } from '../fs/rootFolder';
import { statsAt } from '../fs/stats';
import { folderIdentityOf, type FolderIdentity } from '../store/folderIdentity';
import { hasVirtualFiles } from '../fs/disk/virtualFiles';
import type { FolderSnapshot } from './snapshots/folderSnapshot';
import { unreadable } from './inspection/inspect';
import type { InspectionQueue } from './inspection/inspectionQueue';
import type { OwnFolderTest } from './disks/ownFolders';
import { listFolder, nameFault, type FolderItem, type FolderListing } from './listFolder';
import { readGitignore } from './readGitignore';
import type { ScanArea } from './scanArea';
import type { ScanFindings } from './scanFindings';
import type { ScanScope } from './scannerPort';

export interface ScanWalkerDeps {
  readonly root: string;
  readonly scope: ScanScope;
  readonly area: ScanArea;
  /** Snapshots of the folders that still match them, by path. */
  readonly unchanged: ReadonlyMap<string, FolderSnapshot>;
  readonly queue: InspectionQueue;
  readonly findings: ScanFindings;
  readonly isOwnFolder: OwnFolderTest;
  /** Called for each folder below the workspace folder at which a disk is mounted, before anything in it is queued. */
  readonly onMount: (folder: string, dev: bigint, identity: FolderIdentity) => void;
  /** Called after each folder. */
  readonly onFolder: () => void;
}

/** Walks the tracked folders of a scan, and queues the tracked files and symlinks for inspection. It follows no symlinks. */
export class ScanWalker {
  readonly selection: Selection;
  /** The folders that were listed. Unchanged folders are not. */
  readonly listings: FolderListing[] = [];
  /** The folders that were read and whose device is not that of the folder above, and the workspace folder. */
  readonly mounts = new Map<string, FolderIdentity>();
  /** The device of each folder that was read. */
  readonly #devices = new Map<string, number>();
  /** The masks of the folders that were read; in a full scan, without those that withhold nothing. */
  readonly masks = new Map<string, number>();
  readonly #deps: ScanWalkerDeps;

  constructor(deps: ScanWalkerDeps) {
    this.#deps = deps;
    this.selection = new Selection(deps.scope);
  }

  /** Walks the whole area of the scan. Throws root_gone and disk_fault. */
  walk(): void {
    const { area, findings } = this.#deps;
    const { outermost } = area;
    if (findings.isBlockedByProblem('')) this.#visitRoot();
    else if (outermost === undefined || outermost.has('')) this.#walkFolder('');
    else for (const path of outermost) this.#visitOutermost(path);
  }

  /** Whether the scan went into the folder. */
  hasRead(folder: string): boolean {
    return this.#devices.has(folder);
  }

  /** Walks a folder that replaced a file since its parent was listed. */
  walkReplacement(folder: string): void {
    if (this.selection.mayTrackBelow(folder)) this.#walkFolder(folder);
  }

  /**
   * Visits the workspace folder alone, in which nothing is syncable but the files of the shared rules that have a fault in
   * their content. Throws disk_fault if it cannot be read itself.
   */
  #visitRoot(): void {
    const { queue, findings } = this.#deps;
    this.#enter('');
    this.#list('');
    for (const path of sharedFiles) {
      if (this.selection.includes(path) && !findings.isBlockedByProblem(path)) queue.add(path);
    }
  }

  /** Visits an outermost path of a partial scan through the folders above it, and only if a full scan would reach it. */
  #visitOutermost(path: string): void {
    const fault = pathFault(path);
    if (fault !== undefined) {
      if (this.selection.includes(path)) this.#deps.findings.addProblem({ path, reason: fault });
      return;
    }
    for (const folder of ['', ...[...parentFolders(path)].reverse()]) {
      if (!this.selection.mayTrackBelow(folder) || !this.#canList(folder)) return;
      if (!this.#enter(folder) || !this.#addGitignore(folder)) return;
    }
    this.#visit(path);
  }

  #canList(folder: string): boolean {
    if (folder === '') return true;
    const absolute = join(this.#deps.root, folder);
    try {
      if (!lstatSync(absolute).isDirectory()) return false;
      // A full scan would have to list it.
      opendirSync(absolute).closeSync();
      return true;
    } catch (error) {
      this.#addUnreadable(folder, error);
      return false;
    }
  }

  #walkFolder(folder: string): void {
    const { unchanged, area, findings, queue, onFolder } = this.#deps;
    findings.report();
    if (!this.#enter(folder)) return;
    const snapshot = unchanged.get(folder);
    if (snapshot !== undefined) return this.#walkUnchanged(folder, snapshot);
    const items = this.#list(folder);
    if (items === undefined) return;
    this.listings.push({ folder, items });
    const hasGitignore = items.some(({ name }) => isGitignoreName(name));
    if ((hasGitignore || area.isPartial) && !this.#addGitignore(folder)) return;
    for (const item of items) {
      const path = this.#pathOf(folder, item);
      if (path === undefined) continue;
      if (item.isDirectory()) {
        if (this.selection.mayTrackBelow(path)) this.#walkFolder(path);
      } else if (this.selection.includes(path)) {
        queue.add(path);
      } else if (this.selection.hasTrackedBelow(path)) {
        this.#visit(path);
      }
    }
    onFolder();
  }

  /** Trusts a folder's snapshot, and walks the folders in it. */
  #walkUnchanged(folder: string, snapshot: FolderSnapshot): void {
    const { findings, queue, onFolder } = this.#deps;
    const prefix = folder === '' ? '' : `${folder}/`;
    findings.addUnchangedFolder(folder, snapshot);
    for (const name of snapshot.inspectAlways) queue.add(prefix + name);
    for (const name of snapshot.folders) {
      if (this.selection.mayTrackBelow(prefix + name)) this.#walkFolder(prefix + name);
    }
    onFolder();
  }

  /**
   * Records the device of a folder, after those of the folders above it. Returns false for a folder that is Palmtree's own
   * storage, and for one whose files the kernel generates.
   */
  #enter(folder: string): boolean {
    const { root, isOwnFolder, findings, onMount } = this.#deps;
    if (this.#devices.has(folder)) return !findings.ownFolders.has(folder) && !findings.isBlockedByProblem(folder);
    const absolute = join(root, folder);
    try {
      // The workspace folder may be a link.
      const stats = folder === '' ? statSync(absolute) : lstatSync(absolute);
      this.#devices.set(folder, stats.dev);
      this.#addMask(folder, maskOf(stats.mode));
      if (isOwnFolder(absolute, stats)) {
        findings.ownFolders.add(folder);
        this.selection.addOwnFolder(folder);
        return false;
      }
      if (folder === '' || stats.dev !== this.#devices.get(parentOf(folder) ?? '')) {
        if (folder !== '' && hasVirtualFiles(absolute)) {
          findings.addProblem({ path: folder, reason: 'virtual-files' });
          return false;
        }
        const exact = statSync(absolute, { bigint: true });
        const identity = folderIdentityOf(exact);
        this.mounts.set(folder, identity);
        if (folder !== '') onMount(folder, exact.dev, identity);
      }
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
    return true;
  }

  /** The mode of the workspace folder itself is this machine's own matter. */
  #addMask(folder: string, mask: number): void {
    if (folder !== '' && (mask !== openMask || this.#deps.area.isPartial)) this.masks.set(folder, mask);
  }

  #list(folder: string): readonly FolderItem[] | undefined {
    try {
      return listFolder(join(this.#deps.root, folder));
    } catch (error) {
      if (folder === '') throw rootFault(this.#deps.root, error);
      this.#addUnreadable(folder, error);
      return undefined;
    }
  }

  /** Queues a tracked file, walks a folder, and reports a symlink that hides tracked paths below it. */
  #visit(path: string): void {
    if (this.selection.includes(path)) return this.#deps.queue.add(path);
    const stats = this.#statsAt(path);
    if (stats?.isDirectory() === true) {
      if (this.selection.mayTrackBelow(path)) this.#walkFolder(path);
    } else if (stats?.isSymbolicLink() === true && this.selection.hasTrackedBelow(path)) {
      this.#deps.findings.addProblem({ path, reason: 'link-as-folder' });
    }
  }

  /** The stats at `path`; undefined if nothing is there, or they cannot be read, which is a problem. */
  #statsAt(path: string): BigIntStats | undefined {
    try {
      return statsAt(join(this.#deps.root, path));
    } catch (error) {
      this.#addUnreadable(path, error);
      return undefined;
    }
  }

  /** The path of an item; undefined if its name has a fault, which is a problem if the path is selected. */
  #pathOf(folder: string, { name, fault: listedFault }: FolderItem): string | undefined {
    const path = folder === '' ? name : `${folder}/${name}`;
    const fault = listedFault ?? nameFault(path, name);
    if (fault === undefined) return path;
    if (this.selection.includes(path)) this.#deps.findings.addProblem({ path, reason: fault });
    return undefined;
  }

  /**
   * Adds the patterns of the folder's `.gitignore` if the scope says so. Returns false if they are unknown: nothing in
   * the folder is syncable then.
   */
  #addGitignore(folder: string): boolean {
    const { root, scope, area, findings } = this.#deps;
    if (!scope.respectGitignore) return true;
    const read = readGitignore(join(root, folder, gitignoreName));
    if (read === undefined) {
      if (area.isPartial) findings.gitignores.set(folder, null);
      return true;
    }
    if ('reason' in read) {
      findings.addProblem({ path: folder === '' ? gitignoreName : `${folder}/${gitignoreName}`, ...read });
      return false;
    }
    this.selection.addGitignore(folder, read.content);
    findings.gitignores.set(folder, read.content);
    return true;
  }

  #addUnreadable(folder: string, error: unknown): void {
    if (!isNotFound(error)) this.#deps.findings.addProblem(unreadable(folder, error));
  }
}
