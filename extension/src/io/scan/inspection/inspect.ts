import { isUtf8 } from 'node:buffer';
import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { Observation } from '../../../core/observation';
import type { Problem } from '../../../core/problem';
import { errnoOf } from '../../fs/errno';
import { sameInodeAndTimes } from '../../fs/fileStamp';
import { hashFileSync, hashLinkSync, type Hashed, type HashedContent } from '../../fs/hashSync';
import { pointsInside } from '../../fs/linkTarget';
import { statsAt } from '../../fs/stats';
import type { FileClock } from '../disks/fileClock';

/** The state of one path; undefined if nothing exists there. */
export type Inspected = { readonly observation: Observation } | { readonly problem: Problem } | 'folder' | undefined;

export interface InspectOptions {
  readonly root: string;
  /** `root` with its symlinks resolved. */
  readonly realRoot: string;
  readonly clock: FileClock;
  /** Hash every file, and trust no known hash. */
  readonly verify: boolean;
  /** Whether the file system keeps permission bits. */
  readonly honorsModes: boolean;
  /** The devices of mounted disks that keep none. */
  readonly modelessDevices: ReadonlySet<bigint>;
  /** Memory for file content, reused from file to file. */
  readonly buffer: Uint8Array;
  /** Called after each piece of a file that was hashed; may throw to stop. */
  readonly onBytes: (bytes: number) => void;
}

/** Stats one path, and hashes it unless the hash in `known` can still be trusted. */
export function inspect(path: string, known: Observation | undefined, options: InspectOptions): Inspected {
  const absolute = join(options.root, path);
  let stats: BigIntStats | undefined;
  try {
    stats = statsAt(absolute);
  } catch (error) {
    return { problem: unreadable(path, error) };
  }
  if (stats === undefined) return undefined;
  if (stats.isDirectory()) return 'folder';
  if (!stats.isFile() && !stats.isSymbolicLink()) return { problem: notAFile(path, stats) };
  const kind = stats.isFile() ? 'file' : 'symlink';
  const mode = modeOf(kind, stats, known, options);
  if (known !== undefined && !options.verify && known.kind === kind && isHashTrusted(known, stats, mode)) {
    // A folder on the way to the target may have become a link, without a change to this link.
    if (known.target !== undefined && !pointsInside(options.realRoot, path, known.target)) {
      return { problem: linkOutside(path, known.target) };
    }
    return { observation: known };
  }
  const hashed = kind === 'file' ? hashFileSync(absolute, options) : hashLinkSync(absolute);
  return inspectedAs(path, hashed, known, options);
}

/** Invariant: a stored hash is trusted only if every stat that a write would change is unchanged. */
function isHashTrusted(known: Observation, stats: BigIntStats, mode: number): boolean {
  return !known.racy && sameInodeAndTimes(known, stats) && BigInt(known.size) === stats.size && known.mode === mode;
}

function inspectedAs(path: string, hashed: Hashed, known: Observation | undefined, options: InspectOptions): Inspected {
  switch (hashed.kind) {
    case 'missing':
      return undefined;
    case 'changing':
      return { problem: { path, reason: 'changing' } };
    case 'unreadable':
      return { problem: { path, reason: 'unreadable', with: hashed.errno } };
    case 'file': {
      const mode = modeOf('file', hashed.stats, known, options);
      return { observation: observationOf(path, hashed, mode, options.clock.isRacy(hashed.stats)) };
    }
    case 'symlink':
      return inspectedLink(path, hashed, options);
  }
}

function inspectedLink(
  path: string,
  hashed: HashedContent & { kind: 'symlink' },
  { realRoot, clock }: InspectOptions,
): Inspected {
  const { target, stats } = hashed;
  if (!isUtf8(target)) return { problem: { path, reason: 'link-target-not-utf8' } };
  const text = target.toString('utf8');
  if (!pointsInside(realRoot, path, text)) return { problem: linkOutside(path, text) };
  return { observation: observationOf(path, hashed, linkMode, clock.isRacy(stats)) };
}

/** The observation of a path that was hashed. A symlink gets `linkMode`, and the size of its target. */
export function observationOf(path: string, hashed: HashedContent, mode: number, racy: boolean): Observation {
  const { hash, stats } = hashed;
  const { dev, ino, mtimeNs, ctimeNs } = stats;
  if (hashed.kind === 'file') {
    return { path, kind: 'file', size: Number(stats.size), mtimeNs, mode, hash, dev, ino, ctimeNs, racy };
  }
  const size = hashed.target.length;
  const target = hashed.target.toString('utf8');
  return { path, kind: 'symlink', size, mtimeNs, mode: linkMode, hash, target, dev, ino, ctimeNs, racy };
}

/** The mode of every symlink. Links have none of their own, and systems differ in the one they report. */
const linkMode = 0o777;
/** The mode of a new file on a file system that keeps no permission bits. */
const defaultFileMode = 0o644;

function modeOf(
  kind: Observation['kind'],
  stats: BigIntStats,
  known: Observation | undefined,
  { honorsModes, modelessDevices }: Pick<InspectOptions, 'honorsModes' | 'modelessDevices'>,
): number {
  if (kind === 'symlink') return linkMode;
  return honorsModes && !modelessDevices.has(stats.dev) ? Number(stats.mode & 0o777n) : modeWithoutModes(known);
}

/** The mode of a file on a file system that keeps no permission bits. */
export function modeWithoutModes(known: Observation | undefined): number {
  return known?.kind === 'file' ? known.mode : defaultFileMode;
}

export function unreadable(path: string, error: unknown): Problem {
  if (errnoOf(error) === 'ENAMETOOLONG') return { path, reason: 'path-too-long-here' };
  return { path, reason: 'unreadable', with: errnoOf(error) ?? String(error) };
}

function linkOutside(path: string, target: string): Problem {
  return { path, reason: 'link-outside', with: target };
}

function notAFile(path: string, stats: BigIntStats): Problem {
  return { path, reason: stats.isFIFO() ? 'pipe' : stats.isSocket() ? 'socket' : 'device' };
}
