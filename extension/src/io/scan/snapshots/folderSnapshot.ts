import { readdirSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { Observation } from '../../../core/observation';
import { nameOf, parentOf } from '../../../core/paths';
import type { RealFolders } from '../../fs/realFolders';
import { readableStatsAt } from '../../fs/stats';
import type { FolderListing } from '../listFolder';

/** With more untracked names than this, listing a folder again costs less than a stat of each of them. */
const maxUntracked = 20;
const statsPerFile = 5;

/**
 * The state of a folder when everything in it was last inspected. A cheap check shows whether it has changed.
 * Invariant: if a folder matches its snapshot, an inspection would find exactly what is known, apart from the files in
 * `inspectAlways`.
 */
export interface FolderSnapshot {
  /** Every name in the folder, sorted, separated by NULs. */
  readonly names: string;
  /** The names of the files whose hash can be trusted while their stats are unchanged. */
  readonly files: readonly string[];
  /** For each file in `files`: device, inode, size, mtime and ctime. */
  readonly stats: BigInt64Array<ArrayBuffer>;
  /** For each file in `files`: its permission bits. */
  readonly modes: Uint16Array<ArrayBuffer>;
  /** The names of symlinks, whose target may move, and of racy files: every scan inspects them. */
  readonly inspectAlways: readonly string[];
  /** The names of the folders in which something is tracked. */
  readonly folders: readonly string[];
  /** Untracked names, those of folders with a `/` at the end. */
  readonly untracked: readonly string[];
}

interface FolderContent {
  readonly observations: Observation[];
  readonly folders: string[];
  readonly untracked: string[];
}

/**
 * Snapshots of all folders with observations, as if nothing else existed in them. A folder gets none if an observation
 * in it is not selected any more.
 */
export function snapshotsOf(
  known: ReadonlyMap<string, Observation>,
  isSelected: (path: string) => boolean,
): Map<string, FolderSnapshot> {
  const contents = new Map<string, FolderContent>();
  const outdated = new Set<string>();
  const contentOf = (folder: string): FolderContent => {
    let content = contents.get(folder);
    if (content !== undefined) return content;
    contents.set(folder, (content = { observations: [], folders: [], untracked: [] }));
    const parent = parentOf(folder);
    if (parent !== undefined) contentOf(parent).folders.push(nameOf(folder));
    return content;
  };
  for (const observation of known.values()) {
    const folder = parentOf(observation.path) ?? '';
    contentOf(folder).observations.push(observation);
    if (!isSelected(observation.path)) outdated.add(folder);
  }
  const snapshots = new Map<string, FolderSnapshot>();
  for (const [folder, content] of contents) if (!outdated.has(folder)) snapshots.set(folder, createSnapshot(content));
  return snapshots;
}

/** The snapshot of a listed folder; undefined if the next scan has to list it again. */
export function snapshotOfListing(
  { folder, items }: FolderListing,
  known: ReadonlyMap<string, Observation>,
  mayTrackBelow: (folder: string) => boolean,
): FolderSnapshot | undefined {
  const observations: Observation[] = [];
  const folders: string[] = [];
  const untracked: string[] = [];
  for (const item of items) {
    const path = folder === '' ? item.name : `${folder}/${item.name}`;
    const observation = known.get(path);
    if (observation !== undefined) observations.push(observation);
    else if (!mayTrackBelow(path)) untracked.push(item.isDirectory() ? `${item.name}/` : item.name);
    else if (item.isDirectory()) folders.push(item.name);
    else return undefined;
    if (untracked.length > maxUntracked || item.fault !== undefined) return undefined;
  }
  return createSnapshot({ observations, folders, untracked });
}

function createSnapshot({ observations, folders, untracked }: FolderContent): FolderSnapshot {
  const files: string[] = [];
  const inspectAlways: string[] = [];
  const trusted = observations.filter((one) => !one.racy && one.kind === 'file');
  const stats = new BigInt64Array(trusted.length * statsPerFile);
  const modes = new Uint16Array(trusted.length);
  for (const one of observations) {
    if (one.racy || one.kind !== 'file') {
      inspectAlways.push(nameOf(one.path));
      continue;
    }
    const at = files.length * statsPerFile;
    stats[at] = one.dev;
    stats[at + 1] = one.ino;
    stats[at + 2] = BigInt(one.size);
    stats[at + 3] = one.mtimeNs;
    stats[at + 4] = one.ctimeNs;
    modes[files.length] = one.mode;
    files.push(nameOf(one.path));
  }
  const untrackedNames = untracked.map((name) => (name.endsWith('/') ? name.slice(0, -1) : name));
  const names = [...files, ...inspectAlways, ...folders, ...untrackedNames].sort().join('\0');
  return { names, files, stats, modes, inspectAlways, folders, untracked };
}

export interface SnapshotCheck {
  /** The folders of this check, in the workspace folder. */
  readonly folders: RealFolders;
  readonly honorsModes: boolean;
}

/**
 * Whether a folder of the workspace folder `root` still matches its snapshot. A folder that cannot be read does not, nor does
 * one that has become a symlink or is below one, behind which nothing is touched.
 */
export function matchesSnapshot(
  root: string,
  folder: string,
  snapshot: FolderSnapshot,
  { folders, honorsModes }: SnapshotCheck,
): boolean {
  if (!folders.has(folder)) return false;
  const absolute = join(root, folder);
  try {
    if (readdirSync(absolute).sort().join('\0') !== snapshot.names) return false;
  } catch {
    return false;
  }
  const isFolder = (name: string): boolean | undefined => readableStatsAt(`${absolute}/${name}`)?.isDirectory();
  for (const name of snapshot.untracked) {
    const wasFolder = name.endsWith('/');
    if (isFolder(wasFolder ? name.slice(0, -1) : name) !== wasFolder) return false;
  }
  for (const name of snapshot.folders) if (!folders.has(folder === '' ? name : `${folder}/${name}`)) return false;
  for (let row = 0; row < snapshot.files.length; row++) {
    const stats = readableStatsAt(`${absolute}/${snapshot.files[row]}`);
    if (stats === undefined || !matchesRow(stats, snapshot, row, honorsModes)) return false;
  }
  return true;
}

/** Compares the same stats as `isHashTrusted` in inspect.ts. */
function matchesRow(stats: BigIntStats, snapshot: FolderSnapshot, row: number, honorsModes: boolean): boolean {
  const { stats: known, modes } = snapshot;
  const at = row * statsPerFile;
  return (
    stats.isFile() &&
    BigInt.asIntN(64, stats.ino) === known[at + 1] &&
    BigInt.asIntN(64, stats.dev) === known[at] &&
    stats.size === known[at + 2] &&
    stats.mtimeNs === known[at + 3] &&
    stats.ctimeNs === known[at + 4] &&
    (!honorsModes || Number(stats.mode & 0o777n) === modes[row])
  );
}
