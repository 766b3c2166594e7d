import { isUtf8 } from 'node:buffer';
import { lstatSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { Observation } from '../../core/observation';
import type { Problem } from '../../core/problem';
import { errnoOf, isNotFound } from '../fs/errno';
import { sameInodeAndTimes } from '../fs/fileStamp';
import type { FileClock } from './fileClock';
import { hashFile, hashLink, type Hashed, type HashedContent } from '../fs/hash';
import { pointsInside } from '../fs/linkTarget';

/** What one path turned out to be; undefined when it is gone. */
export type Look = { readonly seen: Observation } | { readonly problem: Problem } | 'folder' | undefined;

export interface LookOptions {
  readonly root: string;
  readonly realRoot: string;
  readonly clock: FileClock;
  /** Hash whatever is known. */
  readonly verify: boolean;
  readonly honoursModes: boolean;
  readonly buffer: Uint8Array;
  readonly onBytes: (bytes: number) => void;
}

/** Looks at one path, and hashes it unless what is `known` of it still holds. */
export function look(path: string, known: Observation | undefined, options: LookOptions): Look {
  const absolute = join(options.root, path);
  let stats: BigIntStats;
  try {
    stats = lstatSync(absolute, { bigint: true });
  } catch (error) {
    // It vanished since its folder was read.
    if (isNotFound(error)) return undefined;
    return { problem: unreadable(path, errnoOf(error) ?? String(error)) };
  }
  if (stats.isDirectory()) return 'folder';
  if (!stats.isFile() && !stats.isSymbolicLink()) return { problem: special(path, stats) };
  const kind = stats.isFile() ? 'file' : 'symlink';
  const mode = modeOf(kind, stats, known, options);
  if (known !== undefined && !options.verify && known.kind === kind && stillHolds(known, stats, mode)) {
    // What a link leads to may have changed without the link.
    if (known.target !== undefined && !pointsInside(options.realRoot, path, known.target)) {
      return { problem: outside(path, known.target) };
    }
    return { seen: known };
  }
  const hashed = kind === 'file' ? hashFile(absolute, options) : hashLink(absolute);
  return judged(path, hashed, known, options);
}

/** Invariant: a stored hash is trusted only while nothing that a write would change has changed. */
export function stillHolds(known: Observation, stats: BigIntStats, mode: number): boolean {
  return !known.racy && sameInodeAndTimes(known, stats) && BigInt(known.size) === stats.size && known.mode === mode;
}

function judged(path: string, hashed: Hashed, known: Observation | undefined, options: LookOptions): Look {
  switch (hashed.kind) {
    case 'gone':
      return undefined;
    case 'changing':
      return { problem: { path, reason: 'changing' } };
    case 'unreadable':
      return { problem: unreadable(path, hashed.errno) };
    case 'file': {
      const mode = modeOf('file', hashed.stats, known, options);
      return { seen: observationOf(path, hashed, mode, options.clock.isRacy(hashed.stats)) };
    }
    case 'symlink':
      return judgedLink(path, hashed, options);
  }
}

function judgedLink(path: string, hashed: HashedContent & { kind: 'symlink' }, options: LookOptions): Look {
  const { target, stats } = hashed;
  if (!isUtf8(target)) return { problem: { path, reason: 'link-target-not-utf8' } };
  const text = target.toString('utf8');
  if (!pointsInside(options.realRoot, path, text)) return { problem: outside(path, text) };
  return { seen: observationOf(path, hashed, linkMode, options.clock.isRacy(stats)) };
}

/** The observation of what was hashed at `path`. A symlink gets `linkMode`, and the size of its target. */
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

/** A link has no mode of its own; the systems that show one differ in which. */
const linkMode = 0o777;
/** What a file gets whose system knows no modes and of which nothing is known. */
const plainMode = 0o644;

function modeOf(
  kind: Observation['kind'],
  stats: BigIntStats,
  known: Observation | undefined,
  { honoursModes }: Pick<LookOptions, 'honoursModes'>,
): number {
  if (kind === 'symlink') return linkMode;
  if (honoursModes) return Number(stats.mode & 0o777n);
  return known?.kind === 'file' ? known.mode : plainMode;
}

export function unreadable(path: string, errno: string): Problem {
  return { path, reason: 'unreadable', with: errno };
}

function outside(path: string, target: string): Problem {
  return { path, reason: 'link-outside', with: target };
}

function special(path: string, stats: BigIntStats): Problem {
  return { path, reason: stats.isFIFO() ? 'pipe' : stats.isSocket() ? 'socket' : 'device' };
}
