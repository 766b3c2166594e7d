import { readdirSync, type BigIntStats } from 'node:fs';
import { parentOf } from '../../core/paths';
import type { Observation } from '../../core/observation';
import { readableStatsAt } from '../fs/stats';
import type { Found } from './scanFolder';

/** With more names in a folder that take no part, reading it anew costs less than to look at each. */
const mostLeft = 20;
const width = 5;

/**
 * What a folder held when all in it was looked at last, so that it is soon told whether it still does.
 * Invariant: where it still does, another look would find what is known, but for what is to be looked at one by one.
 */
export interface FolderRecord {
  /** Every name in it, sorted, with a NUL between each two. */
  readonly names: string;
  /** The files whose hash holds as long as they have these stats. */
  readonly files: readonly string[];
  /** Of each file: device, inode, size, mtime and ctime. */
  readonly stats: BigInt64Array<ArrayBuffer>;
  readonly modes: Uint16Array<ArrayBuffer>;
  /** To be looked at one by one: links, and files whose times may hide a write. */
  readonly others: readonly string[];
  /** The folders in it in which something is known. */
  readonly folders: readonly string[];
  /** Names that take no part, a folder's with a `/` at its end. */
  readonly left: readonly string[];
}

interface KnownFolder {
  readonly seen: Observation[];
  readonly folders: string[];
  isOdd: boolean;
}

/**
 * Records of the folders of all that is known, as if nothing else stood in them. None is made of a folder in which
 * something known is not selected any more.
 */
export function recordsOf(
  known: ReadonlyMap<string, Observation>,
  isSelected: (path: string) => boolean,
): Map<string, FolderRecord> {
  const folders = new Map<string, KnownFolder>();
  const folderAt = (path: string): KnownFolder => {
    let folder = folders.get(path);
    if (folder !== undefined) return folder;
    folders.set(path, (folder = { seen: [], folders: [], isOdd: false }));
    const above = parentOf(path);
    if (above !== undefined) folderAt(above).folders.push(nameOf(path));
    return folder;
  };
  for (const seen of known.values()) {
    const folder = folderAt(parentOf(seen.path) ?? '');
    folder.seen.push(seen);
    folder.isOdd ||= !isSelected(seen.path);
  }
  const records = new Map<string, FolderRecord>();
  for (const [path, folder] of folders) if (!folder.isOdd) records.set(path, recordOf({ ...folder, left: [] }));
  return records;
}

/** The record of a folder that was read; undefined where it has to be read the next time as well. */
export function recordOfRead(
  folder: string,
  entries: readonly Found[],
  known: ReadonlyMap<string, Observation>,
  isLookedInto: (path: string) => boolean,
): FolderRecord | undefined {
  const seen: Observation[] = [];
  const folders: string[] = [];
  const left: string[] = [];
  for (const entry of entries) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const observation = known.get(path);
    if (observation !== undefined) seen.push(observation);
    else if (!isLookedInto(path)) left.push(entry.isDirectory() ? `${entry.name}/` : entry.name);
    else if (entry.isDirectory()) folders.push(entry.name);
    else return undefined;
    if (left.length > mostLeft || entry.fault !== undefined) return undefined;
  }
  return recordOf({ seen, folders, left });
}

function recordOf({ seen, folders, left }: { seen: Observation[]; folders: string[]; left: string[] }): FolderRecord {
  const files: string[] = [];
  const others: string[] = [];
  const trusted = seen.filter((one) => !one.racy && one.kind === 'file');
  const stats = new BigInt64Array(trusted.length * width);
  const modes = new Uint16Array(trusted.length);
  for (const one of seen) {
    if (one.racy || one.kind !== 'file') {
      others.push(nameOf(one.path));
      continue;
    }
    const at = files.length * width;
    stats[at] = one.dev;
    stats[at + 1] = one.ino;
    stats[at + 2] = BigInt(one.size);
    stats[at + 3] = one.mtimeNs;
    stats[at + 4] = one.ctimeNs;
    modes[files.length] = one.mode;
    files.push(nameOf(one.path));
  }
  const leftNames = left.map((name) => (name.endsWith('/') ? name.slice(0, -1) : name));
  const names = [...files, ...others, ...folders, ...leftNames].sort().join('\0');
  return { names, files, stats, modes, others, folders, left };
}

/** Whether the folder at the absolute path still holds what `record` says. What cannot be read does not. */
export function stillHoldsAll(absolute: string, record: FolderRecord, honoursModes: boolean): boolean {
  try {
    if (readdirSync(absolute).sort().join('\0') !== record.names) return false;
  } catch {
    return false;
  }
  const isFolder = (name: string): boolean | undefined => readableStatsAt(`${absolute}/${name}`)?.isDirectory();
  for (const name of record.left) {
    const wasFolder = name.endsWith('/');
    if (isFolder(wasFolder ? name.slice(0, -1) : name) !== wasFolder) return false;
  }
  for (const name of record.folders) if (isFolder(name) !== true) return false;
  for (let row = 0; row < record.files.length; row++) {
    const stats = readableStatsAt(`${absolute}/${record.files[row]}`);
    if (stats === undefined || !isUntouched(stats, record, row, honoursModes)) return false;
  }
  return true;
}

/** See `stillHolds`, of which this is the same for what is trusted. */
function isUntouched(stats: BigIntStats, { stats: known, modes }: FolderRecord, row: number, honoursModes: boolean) {
  const at = row * width;
  return (
    stats.isFile() &&
    BigInt.asIntN(64, stats.ino) === known[at + 1] &&
    BigInt.asIntN(64, stats.dev) === known[at] &&
    stats.size === known[at + 2] &&
    stats.mtimeNs === known[at + 3] &&
    stats.ctimeNs === known[at + 4] &&
    (!honoursModes || Number(stats.mode & 0o777n) === modes[row])
  );
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
