import type { Observation } from '../../../core/observation';
import { isAtOrInside, isInside, parentFolders } from '../../../core/paths';
import type { Problem } from '../../../core/problem';
import { isReliable, isSameFolder, type FolderIdentity, type Mounts } from '../../store/folderIdentity';
import type { ScanArea } from '../scanArea';
import type { ScanFindings } from '../scanFindings';

export interface DiskCheckRequest {
  /** The mounts at the last scan; empty before the first. */
  readonly before: Mounts;
  /** The mounts that this scan found. */
  readonly now: Mounts;
  /** Whether this scan read the folder. */
  readonly wasRead: (folder: string) => boolean;
  /** Whether the folder may contain tracked files. */
  readonly mayTrackBelow: (folder: string) => boolean;
  readonly known: ReadonlyMap<string, Observation>;
  readonly findings: ScanFindings;
  readonly area: ScanArea;
}

export interface DiskCheck {
  /** The mounts for the next scan. A mount whose disk is missing stays as it was. */
  readonly mounts: Mounts;
  readonly problems: readonly Problem[];
  /** The workspace folder itself is on another disk. */
  readonly isRootGone: boolean;
}

/**
 * Finds the folders whose disk is not the one of the last scan: nothing in them is what was synced.
 * Invariant: files on a disk that is not mounted are not taken for deleted, and those of another disk in its place not for
 * edited. A disk counts as the same one if its top folder is the same, or if most of the known files are there unchanged:
 * a device number may change at a reboot, and content may be moved to another disk.
 */
export function checkDisks(request: DiskCheckRequest): DiskCheck {
  const { before, now, area } = request;
  if (!before.has('')) return { mounts: area.isPartial ? before : now, problems: [], isRootGone: false };
  const changed = changedMounts(request);
  const missing = new Set<string>();
  for (const [folder, files] of knownFilesOn(changed, request)) {
    if (area.isPartial ? files.count > 0 : !files.areSame) missing.add(folder);
  }
  const outermost = [...missing].filter((folder) => ![...parentFolders(folder)].some((above) => missing.has(above)));
  const problems = outermost.map((path): Problem => {
    return { path, reason: now.has(path) ? 'disk-replaced' : 'disk-missing' };
  });
  return { mounts: nextMounts(request, outermost), problems, isRootGone: missing.has('') };
}

/** The mount points at which another disk, or none, is mounted now, as far as this scan could find out. */
function changedMounts({ before, now, wasRead, mayTrackBelow, findings, area }: DiskCheckRequest): Set<string> {
  const changed = new Set<string>();
  for (const folder of new Set([...before.keys(), ...now.keys()])) {
    if (folder === '' ? !isRootMoved(before, now) : isSameMount(before.get(folder), now.get(folder))) continue;
    // A mount point that was removed is not read.
    const isGone = !wasRead(folder) && !findings.isBlockedByProblem(folder) && mayTrackBelow(folder);
    const isInArea = area.covers(folder) || [...(area.outermost ?? [])].some((path) => isInside(path, folder));
    if (wasRead(folder) || (isGone && isInArea)) changed.add(folder);
  }
  return changed;
}

/** Whether the workspace folder is on another device, and not only under another number. */
function isRootMoved(before: Mounts, now: Mounts): boolean {
  const [a, b] = [before.get(''), now.get('')];
  if (a === undefined || b === undefined || a.dev === b.dev) return false;
  return isReliable(a) && isReliable(b) && !isSameFolder(a, b);
}

function isSameMount(a: FolderIdentity | undefined, b: FolderIdentity | undefined): boolean {
  return a === undefined || b === undefined ? a === b : isSameFolder(a, b);
}

interface KnownFiles {
  count: number;
  same: number;
  /** A file has its inode number and time on a device with another number: that is the same disk. */
  isRenumbered: boolean;
  readonly areSame: boolean;
}

/** Compares the known files on each of the changed mounts with what the scan found, without those on mounts in it. */
function knownFilesOn(changed: ReadonlySet<string>, request: DiskCheckRequest): Map<string, KnownFiles> {
  const files = new Map<string, KnownFiles>();
  if (changed.size === 0) return files;
  const { before, known, findings } = request;
  const found = new Map(findings.changed.map((one) => [one.path, one]));
  for (const one of known.values()) {
    const folder = mountOf(one.path, before, changed);
    if (folder === undefined) continue;
    let on = files.get(folder);
    if (on === undefined) files.set(folder, (on = newKnownFiles()));
    on.count++;
    const now = found.get(one.path) ?? (findings.isPresent(one.path) ? one : undefined);
    if (now === undefined) continue;
    if (now.hash === one.hash) on.same++;
    if (now.dev !== one.dev && now.ino === one.ino && now.mtimeNs === one.mtimeNs) on.isRenumbered = true;
  }
  return files;
}

function newKnownFiles(): KnownFiles {
  return {
    count: 0,
    same: 0,
    isRenumbered: false,
    get areSame() {
      return this.isRenumbered || this.same > this.count / 2;
    },
  };
}

/** The changed mount that `path` is on; undefined if the nearest mount above it is another one. */
function mountOf(path: string, before: Mounts, changed: ReadonlySet<string>): string | undefined {
  for (const folder of [...parentFolders(path), '']) {
    if (changed.has(folder)) return folder;
    if (before.has(folder)) return undefined;
  }
  return undefined;
}

function nextMounts({ before, now, wasRead, findings, area }: DiskCheckRequest, missing: string[]): Mounts {
  const isMissing = (folder: string): boolean => missing.some((path) => isAtOrInside(folder, path));
  const mounts = new Map<string, FolderIdentity>();
  for (const [folder, identity] of now) if (!isMissing(folder)) mounts.set(folder, identity);
  for (const [folder, identity] of before) {
    // A mount without tracked files is forgotten with its mount point.
    const isUnread = !wasRead(folder) && (area.isPartial || findings.isBlockedByProblem(folder));
    if (isMissing(folder) || isUnread) mounts.set(folder, identity);
  }
  return mounts;
}
