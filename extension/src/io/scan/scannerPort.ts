import type { LeadingLink } from '../../core/filenames/linkedPaths';
import type { NameRules } from '../../core/filenames/nameRules';
import type { Observation } from '../../core/observation';
import type { Problem } from '../../core/problem';
import type { Rule } from '../../core/tracking/rule';
import type { SharedExclude, SharedRules } from '../../core/tracking/sharedRules';
import type { Mounts } from '../store/folderIdentity';

/** The settings that decide which paths a scan includes. A change of the scope needs a full scan. */
export interface ScanScope {
  readonly rules: readonly Rule[];
  /** gitignore-style patterns. */
  readonly exclude: readonly string[];
  readonly respectGitignore: boolean;
  /**
   * The patterns that travel with the tree. A full scan reads them from the disk; a partial scan uses these, and reads them
   * only if they are not known yet.
   */
  readonly shared?: SharedExclude;
}

export interface ScanRequest {
  readonly scope: ScanScope;
  /** The paths of a partial scan, which also covers everything below them. Without it, the scan is full. */
  readonly only?: readonly string[];
  /** Whether to observe permission bits; by default, except on Windows. Otherwise a file keeps its known mode. */
  readonly honorsModes?: boolean;
  /** Except for mounted disks that keep no permission bits, whatever `honorsModes` says. */
  readonly probesMounts?: boolean;
  /** Hash every file, and trust no known hash. */
  readonly verify?: boolean;
  /** The mounts that the last scan returned; none before the first. */
  readonly mounts?: Mounts;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ScanProgress) => void;
}

export interface ScanProgress {
  readonly files: number;
  readonly hashedBytes: number;
}

/** The traits of the disk of the workspace folder. */
export interface DiskTraits {
  /** The device and inode of the workspace folder. */
  readonly identity: string;
  /** Whether it keeps permission bits. */
  readonly keepsModes: boolean;
  readonly nameRules: NameRules;
}

/** The differences from what the scanner knew before. */
export interface ScanResult {
  /** New observations, and those that replace an older one of their path. */
  readonly changed: readonly Observation[];
  /** Known paths that do not exist or are not selected any more. */
  readonly removed: readonly string[];
  /** All problems in the scanned area. */
  readonly problems: readonly Problem[];
  /** The folders at which a disk is mounted, with those whose disk is missing. */
  readonly mounts: Mounts;
  /** Those of the scanned folders at which a disk is mounted that keeps no permission bits. */
  readonly modelessMounts: readonly string[];
  /** The name rules of the disks that are mounted at scanned folders, by folder. */
  readonly mountNameRules: ReadonlyMap<string, NameRules>;
  /** By folder: those that withhold permission bits (`maskOf`). A partial scan returns all folders that it visited. */
  readonly folderMasks: ReadonlyMap<string, number>;
  /**
   * The contents of the .gitignore files that were respected, by folder. A full scan returns all of them; a partial scan
   * returns one entry for each visited folder, null if it has none. The scan includes nothing that they exclude, so a
   * selection without them would take excluded files for deleted.
   */
  readonly gitignores: ReadonlyMap<string, string | null>;
  /** The shared rules, if the scan has read them. As with `gitignores`, a selection needs them. */
  readonly shared?: SharedRules | undefined;
  /** The scanned folders that are Palmtree's own storage. As with `gitignores`, a selection needs them. */
  readonly ownFolders: readonly string[];
  /** See `findObeyedLinks`. */
  readonly obeyedLinks: readonly LeadingLink[];
  /** One of Palmtree's own folders, by absolute path, whose disk does not respond. */
  readonly silentFolder?: string;
}

export interface Scanner {
  /** Updates the known observations: with those in the store, or after a pull has written and removed files. */
  update(observations: Iterable<Observation>, removed: Iterable<string>): void;
  /** Replaces all known observations, after another window has written the store. */
  reset(observations: Iterable<Observation>): void;
  /** Finds out how the disk treats files. Throws cancelled, root_gone, scan_failed. */
  probe(signal?: AbortSignal): Promise<DiskTraits>;
  /** Throws cancelled, root_gone, scan_failed. */
  scan(request: ScanRequest): Promise<ScanResult>;
  dispose(): Promise<void>;
}
