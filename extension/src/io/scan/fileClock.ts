import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryName } from '../../core/temporaryName';

/** Coarse enough for file systems that keep whole or even seconds. */
const marginNs = 2_000_000_000n;

/** What the clock of a file system said when it was looked at. `dev`: the device; undefined when nothing is known. */
export interface ClockReading {
  readonly dev: bigint | undefined;
  readonly startNs: bigint;
}

/**
 * Judges how far a file's times can be trusted, by the clock of the file system it stands on: that of a
 * network share is not ours.
 */
export class FileClock {
  readonly #reading: ClockReading;

  constructor(reading: ClockReading) {
    this.#reading = reading;
  }

  /**
   * Looks at the clock by making and removing a file in `storage` when that is on the device of `root`, else
   * in `root`. Where neither can be written, all files are racy.
   */
  static read(root: string, storage: string | undefined): FileClock {
    const dev = statSync(root, { bigint: true }).dev;
    const now = (storage === undefined ? undefined : probe(storage, dev)) ?? probe(root, dev);
    return new FileClock({
      dev: now === undefined ? undefined : dev,
      startNs: now ?? 0n,
    });
  }

  /** For another thread, which has to judge by the same moment. */
  get reading(): ClockReading {
    return this.#reading;
  }

  /**
   * Whether a file hashed from now on could be written again without showing it in its times. The clock was
   * read before the hashing, so that too many are called racy rather than too few.
   */
  isRacy(stats: { dev: bigint; mtimeNs: bigint; ctimeNs: bigint }): boolean {
    if (stats.dev !== this.#reading.dev) return true;
    const latest = stats.mtimeNs > stats.ctimeNs ? stats.mtimeNs : stats.ctimeNs;
    return latest >= this.#reading.startNs - marginNs;
  }
}

function probe(folder: string, dev: bigint): bigint | undefined {
  const path = join(folder, temporaryName(randomUUID()));
  try {
    if (statSync(folder, { bigint: true }).dev !== dev) return undefined;
    const file = openSync(path, 'wx');
    try {
      return fstatSync(file, { bigint: true }).mtimeNs;
    } finally {
      closeSync(file);
      unlinkSync(path);
    }
  } catch {
    return undefined;
  }
}
