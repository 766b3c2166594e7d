import { join } from 'node:path';
import type { Change } from '../../core/change';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import {
  usualNameRules,
  type FolderNameRules,
  type MountNameRules,
  type NameRules,
} from '../../core/filenames/nameRules';
import { leadingLink, type LeadingLink } from '../../core/filenames/linkedPaths';
import type { Entry, FileTable } from '../../core/entry';
import { FolderMasks, MaskedTable, openMask } from '../../core/folderMasks';
import { withMode, type Observation } from '../../core/observation';
import { comparePaths, isAtOrInside, isInside, parentFolders } from '../../core/paths';
import { isBlockedByProblem, isFaultyContent, type Problem, type ProblemReason } from '../../core/problem';
import { mayBeSharedFile } from '../../core/sharedFiles';
import { PathFolders } from '../../core/status/pathTree';
import type { SharedRules } from '../../core/tracking/sharedRules';
import type { StoredMap } from '../../io/entries/storedMap';
import { identityOfFolder, rootGone } from '../../io/fs/rootFolder';
import { statsLater } from '../../io/fs/stats';
import { folderIdentityOf, isSameFolder } from '../../io/store/folderIdentity';
import type { StoredState } from '../../io/store/storePort';
import type { DiskTraits, Scanner, ScanRequest, ScanResult } from '../../io/scan/scannerPort';
import { runYielding } from '../../io/threads/yielding';
import { AgreedRoot } from './agreedRoot';

export interface LocalIndexDeps {
  readonly root: string;
  /** The observations and mounts, which are stored. */
  readonly stored: Pick<StoredState, 'observations' | 'mounts'>;
  readonly scanner: Scanner;
  /** The name rules of the disk; by default those that the scanner has found. */
  readonly nameRules?: (() => NameRules) | undefined;
  /** Whether permission bits are observed and set: `auto` if the disk keeps them. */
  readonly modes: () => 'auto' | 'keep' | 'ignore';
}

/** `busy`: the file changed each time it was sent. */
export type UnpushableReason = Extract<
  ProblemReason,
  'path-too-long-there' | 'link-refused' | 'busy' | 'conflict-markers'
>;

export interface ScanEffect {
  /** The changes on this disk. */
  readonly changes: readonly Change[];
  /**
   * `changes` is all that the scan changed: it found no problem and no `.gitignore` file, removed none, and found the same
   * links and shared rules.
   */
  readonly isComplete: boolean;
}

/** The tracked files as the scans found them on this disk. The only writer of the stored observations. */
export class LocalIndex {
  readonly root: string;
  readonly agreedRoot = new AgreedRoot();
  readonly #stored: Pick<StoredState, 'mounts'>;
  readonly #observations: StoredMap<Observation>;
  readonly #scanner: Scanner;
  readonly #nameRules: (() => NameRules) | undefined;
  readonly #modes: LocalIndexDeps['modes'];
  /** As found by the last scan. */
  #disk: DiskTraits | undefined;
  readonly #problems = new Map<string, Problem>();
  readonly #gitignores = new Map<string, string>();
  #sharedRules: SharedRules | undefined;
  #mustScanAll = false;
  readonly #ownFolders = new Set<string>();
  #obeyedLinks: readonly LeadingLink[] = [];
  readonly #unpushable = new Map<string, UnpushableReason>();
  #findingsVersion = 0;
  /** The mounts whose disk keeps no permission bits. */
  readonly #modelessMounts = new Set<string>();
  /** The name rules of the disks that are mounted in the folder. */
  readonly #mountNameRules = new Map<string, NameRules>();
  readonly #folderMasks = new FolderMasks();
  /** The disks for which modes were adopted; undefined if there is nothing to adopt. */
  #adoptedFor: string | undefined;
  #folders: PathFolders | undefined;
  #isScanned = false;
  #silentFolder: string | undefined;
  /** The identity of the workspace folder at the last scan. */
  #scannedRoot: string | undefined;

  constructor({ root, stored, scanner, nameRules, modes }: LocalIndexDeps) {
    this.root = root;
    this.#stored = stored;
    this.agreedRoot.found(stored.mounts.get(''));
    this.#observations = stored.observations;
    this.#scanner = scanner;
    this.#nameRules = nameRules;
    this.#modes = modes;
  }

  /** Whether all tracked files were scanned since this window has opened the folder. */
  get isScanned(): boolean {
    return this.#isScanned;
  }

  get observations(): ReadonlyMap<string, Observation> {
    return this.#observations;
  }

  /** The problems that the scans found, by path. */
  get problems(): ReadonlyMap<string, Problem> {
    return this.#problems;
  }

  /** The contents of the `.gitignore` files that apply, by folder. */
  get gitignores(): ReadonlyMap<string, string> {
    return this.#gitignores;
  }

  /** The shared rules as last read; undefined until a scan could read them. */
  get sharedRules(): SharedRules | undefined {
    return this.#sharedRules;
  }

  /** Whether a command has written or removed a file of the shared rules, so that the next scan has to be full. */
  get mustScanAll(): boolean {
    return this.#mustScanAll;
  }

  /** The folders that are Palmtree's own storage under other names. */
  get ownFolders(): ReadonlySet<string> {
    return this.#ownFolders;
  }

  /** The links because of which programs may obey other paths than those that have the names for it. */
  *leadingLinksSteps(): CooperativeTask<LeadingLink[]> {
    const links = [...this.#obeyedLinks];
    let count = 0;
    for (const { path, target } of this.#observations.values()) {
      if (++count % stepSize === 0) yield;
      const link = target === undefined ? undefined : leadingLink(path, target);
      if (link !== undefined) links.push(link);
    }
    return links;
  }

  /** One of Palmtree's own folders, by absolute path, whose disk did not respond at the last scan. */
  get silentFolder(): string | undefined {
    return this.#silentFolder;
  }

  get nameRules(): FolderNameRules {
    const rules = this.#nameRules?.() ?? this.#disk?.nameRules ?? usualNameRules(process.platform);
    return this.#mountNameRules.size === 0 ? rules : { ...rules, mounts: this.#mounts() };
  }

  #mounts(): MountNameRules[] {
    const mounts = [...this.#mountNameRules].map(([folder, rules]) => ({ folder, ...rules }));
    return mounts.sort((a, b) => comparePaths(a.folder, b.folder));
  }

  /** Paths that the last push could not send. */
  get unpushable(): ReadonlyMap<string, UnpushableReason> {
    return this.#unpushable;
  }

  /** Leaves paths out of every plan until the next push tries them again. */
  markUnpushable(paths: readonly string[], reason: UnpushableReason): void {
    for (const path of paths) this.#unpushable.set(path, reason);
    this.#findingsVersion++;
  }

  forgetUnpushable(): void {
    if (this.#unpushable.size === 0) return;
    this.#unpushable.clear();
    this.#findingsVersion++;
  }

  /** Whether permission bits are observed and set on the workspace folder's own disk. */
  get honorsModes(): boolean {
    const modes = this.#modes();
    return modes === 'auto' ? (this.#disk?.keepsModes ?? process.platform !== 'win32') : modes === 'keep';
  }

  /** Whether permission bits at `path` are observed and set. */
  keepsModes(path: string): boolean {
    if (!this.honorsModes) return false;
    if (this.#modelessMounts.size === 0) return true;
    for (const folder of [path, ...parentFolders(path)]) {
      if (this.#stored.mounts.has(folder)) return !this.#modelessMounts.has(folder);
    }
    return true;
  }

  /** The bits that the folders above `path` leave to it. */
  maskAt(path: string): number {
    return this.#folderMasks.isEmpty || !this.keepsModes(path) ? openMask : this.#folderMasks.at(path);
  }

  /** This disk as others get it; see `maskedEntry`. `agreedAt` returns what both sides know of a path. */
  table(agreedAt: (path: string) => Entry | undefined): FileTable {
    if (this.#folderMasks.isEmpty) return this.#observations;
    return new MaskedTable(this.#observations, (path) => this.maskAt(path), agreedAt);
  }

  /** Increases with each change of an observation, a problem, a refused path or a `.gitignore` file. */
  get version(): number {
    return this.#observations.version + this.#findingsVersion;
  }

  /** The folders of all observed paths. */
  get folders(): PathFolders {
    this.#folders ??= new PathFolders(this.#observations.keys());
    return this.#folders;
  }

  /** Whether `path` must not be sent: a fault in its content would keep other machines from syncing. */
  isFaulty(path: string): boolean {
    return isFaultyContent(this.#problems.get(path));
  }

  /** Whether a problem that a scan found keeps `path` from being synced. */
  isBlockedByProblem(path: string): boolean {
    return isBlockedByProblem(path, this.#problems);
  }

  /** Brings the observations up to date with the disk: all of them, or those of `request.only`. */
  async scan(request: Omit<ScanRequest, 'honorsModes' | 'mounts'>): Promise<ScanEffect> {
    const { mounts } = this.#stored;
    const disk = (this.#disk = await this.#scanner.probe(request.signal));
    const [honorsModes, probesMounts] = [this.honorsModes, this.#modes() === 'auto'];
    const result = await this.#scanner.scan({ ...request, mounts, honorsModes, probesMounts });
    this.#scannedRoot = disk.identity;
    this.#silentFolder = result.silentFolder;
    this.#stored.mounts = result.mounts;
    this.agreedRoot.found(result.mounts.get(''));
    this.#replaceMounts(result, request.only !== undefined);
    if (this.#folderMasks.replace(result.folderMasks, request.only !== undefined)) this.#findingsVersion++;
    if (request.only === undefined) {
      this.#isScanned = true;
      this.#mustScanAll = false;
    }
    const changes = await runYielding(this.#applyScanSteps(result));
    const isComplete = this.#replaceFindings(request.only, result);
    if (!isComplete) this.#findingsVersion++;
    return { changes, isComplete };
  }

  /** Returns a test whether a path is in a folder whose disk was missing at the last scan. */
  missingDiskTest(): (path: string) => boolean {
    const missing = [...this.#problems.values()].filter(({ reason }) => reason.startsWith('disk-'));
    return (path) => missing.some((folder) => isInside(path, folder.path));
  }

  /**
   * Throws root_gone if the workspace folder, or a disk in it, is not the one that was scanned: a plan for that one must
   * not be applied to what is there now. Throws disk_fault if it cannot be read.
   */
  async requireSameDisks(): Promise<void> {
    if (this.#scannedRoot === undefined) return;
    if ((await identityOfFolder(this.root)) !== this.#scannedRoot) throw rootGone(this.root);
    for (const [folder, identity] of this.#stored.mounts) {
      if (folder === '' || this.isBlockedByProblem(folder)) continue;
      const stats = await statsLater(join(this.root, folder));
      if (stats === undefined || !isSameFolder(identity, folderIdentityOf(stats)))
        throw rootGone(join(this.root, folder));
    }
  }

  /** Records what a command found or wrote without the scanner, and informs the scanner. */
  async update(changed: readonly Observation[], removed: readonly string[]): Promise<void> {
    if (changed.some(({ path }) => mayBeSharedFile(path)) || removed.some(mayBeSharedFile)) this.#mustScanAll = true;
    await runYielding(this.#updateSteps(changed, removed));
    this.#scanner.update(changed, removed);
  }

  /** Adds the observation of a path that no scan visits. The scanner does not learn of it. */
  addUnscanned(observation: Observation): void {
    this.#observations.set(observation.path, observation);
    this.#folders = undefined;
  }

  /** Forgets such observations. A command may have written the paths, of which the scanner would then report no change. */
  removeUnscanned(paths: Iterable<string>): void {
    const removed = [...paths];
    for (const path of removed) this.#observations.delete(path);
    this.#scanner.update([], removed);
    this.#folders = undefined;
  }

  /** Forgets the observations and problems of the paths that match. */
  async forget(matches: (path: string) => boolean): Promise<void> {
    await this.update([], [...this.#observations.keys()].filter(matches));
    for (const path of [...this.#problems.keys()].filter(matches)) this.#problems.delete(path);
  }

  /**
   * Gives unchanged files the modes of the ancestor where modes are ignored. Without this, the modes that were observed
   * before would be pushed as changes of this disk. Checks all files once, and then only those that a scan changed.
   */
  async adoptModes(ancestor: FileTable, changes: readonly Change[]): Promise<void> {
    const honorsModes = this.honorsModes;
    if (honorsModes && this.#modelessMounts.size === 0) {
      this.#adoptedFor = undefined;
      return;
    }
    const disks = honorsModes ? [...this.#modelessMounts].sort().join('\0') : '';
    const paths = this.#adoptedFor === disks ? changes.map(({ path }) => path) : this.#observations.keys();
    this.#adoptedFor = disks;
    const adopted: Observation[] = [];
    await runYielding(this.#adoptedModesSteps(ancestor, paths, adopted));
    if (adopted.length > 0) await this.update(adopted, []);
  }

  *#adoptedModesSteps(ancestor: FileTable, paths: Iterable<string>, adopted: Observation[]): CooperativeTask<void> {
    let count = 0;
    for (const path of paths) {
      if (++count % stepSize === 0) yield;
      const [file, mode] = [this.#observations.get(path), ancestor.get(path)?.mode];
      const isAdopted = file?.kind === 'file' && mode !== undefined && file.mode !== mode && !this.keepsModes(path);
      if (isAdopted) adopted.push(withMode(file, mode));
    }
  }

  /** Another window has replaced the stored observations. */
  reset(): void {
    this.#scanner.reset(this.#observations.values());
    this.#folders = undefined;
  }

  *#applyScanSteps({ changed, removed }: ScanResult): CooperativeTask<Change[]> {
    const changes: Change[] = [];
    for (const path of removed) changes.push({ path, from: this.#observations.get(path), to: undefined });
    for (const [number, to] of changed.entries()) {
      if (number % stepSize === 0) yield;
      changes.push({ path: to.path, from: this.#observations.get(to.path), to });
    }
    yield;
    yield* this.#updateSteps(changed, removed);
    return changes;
  }

  *#updateSteps(changed: readonly Observation[], removed: readonly string[]): CooperativeTask<void> {
    const hasNewNames = removed.length > 0 || changed.some(({ path }) => !this.#observations.has(path));
    for (const path of removed) this.#observations.delete(path);
    for (const [number, observation] of changed.entries()) {
      if (number % stepSize === 0) yield;
      this.#observations.set(observation.path, observation);
    }
    // Reset last: a reader between two batches would otherwise cache a partial list.
    if (hasNewNames) this.#folders = undefined;
  }

  #replaceMounts({ modelessMounts, mountNameRules }: ScanResult, isPartial: boolean): void {
    if (!isPartial) {
      this.#modelessMounts.clear();
      this.#mountNameRules.clear();
    }
    for (const folder of modelessMounts) this.#modelessMounts.add(folder);
    for (const [folder, rules] of mountNameRules) this.#mountNameRules.set(folder, rules);
  }

  /**
   * Replaces the findings by those of a scan; true if it found no problem and no `.gitignore` file, removed none, and found the
   * same links and shared rules.
   */
  #replaceFindings(only: readonly string[] | undefined, result: ScanResult): boolean {
    const [problemsBefore, gitignoresBefore] = [this.#problems.size, this.#gitignores.size];
    if (only === undefined) {
      this.#problems.clear();
      this.#gitignores.clear();
      this.#ownFolders.clear();
    } else {
      for (const path of only) this.#forgetProblemsIn(path);
    }
    const hasSameProblems = result.problems.length === 0 && this.#problems.size === problemsBefore;
    const hasSameLinks = sameLinks(this.#obeyedLinks, result.obeyedLinks);
    this.#obeyedLinks = result.obeyedLinks;
    const hasSameGitignores = result.gitignores.size === 0 && (only !== undefined || gitignoresBefore === 0);
    for (const problem of result.problems) this.#problems.set(problem.path, problem);
    for (const folder of result.ownFolders) this.#ownFolders.add(folder);
    for (const [folder, content] of result.gitignores) {
      if (content === null) this.#gitignores.delete(folder);
      else this.#gitignores.set(folder, content);
    }
    const hasSameShared =
      result.shared === undefined || JSON.stringify(result.shared) === JSON.stringify(this.#sharedRules);
    this.#sharedRules = result.shared ?? this.#sharedRules;
    return hasSameProblems && hasSameGitignores && hasSameLinks && hasSameShared;
  }

  #forgetProblemsIn(path: string): void {
    for (const known of this.#problems.keys()) {
      if (isAtOrInside(known, path)) this.#problems.delete(known);
    }
  }
}

function sameLinks(a: readonly LeadingLink[], b: readonly LeadingLink[]): boolean {
  return a.length === b.length && a.every(({ path, target }, i) => path === b[i]?.path && target === b[i].target);
}
