import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryName } from '../../core/temporaryName';

/** Enough for file systems that store times in steps of one or two seconds. */
const marginNs = 2_000_000_000n;

/** A time that is further ahead was set by a program: no write since the reading can have caused it. */
const maxScanNs = 86_400_000_000_000n;

export interface ClockReading {
  /** The device of the file system; undefined if its clock could not be read. */
  readonly dev: bigint | undefined;
  /** The time by the file system's clock, in nanoseconds since the epoch. */
  readonly startNs: bigint;
}

/** Decides which files are racy, by the clock of their file system: that of a network share is not this machine's. */
export class FileClock {
  readonly #reading: ClockReading;

  constructor(reading: ClockReading) {
    this.#reading = reading;
  }

  /**
   * Reads the clock by creating and removing a file in `storage` if that is on the device of `root`, or else in `root`.
   * If neither is writable, all files are racy.
   */
  static read(root: string, storage: string | undefined): FileClock {
    const dev = statSync(root, { bigint: true }).dev;
    const now = (storage === undefined ? undefined : probe(storage, dev)) ?? probe(root, dev);
    return new FileClock({
      dev: now === undefined ? undefined : dev,
      startNs: now ?? 0n,
    });
  }

  /** The reading, for a clock in another thread. */
  get reading(): ClockReading {
    return this.#reading;
  }

  /**
   * Whether a file that is hashed after the reading could be written once more without a change to its times. Since the
   * clock is read before the hashing, too many files count as racy rather than too few.
   */
  isRacy(stats: { dev: bigint; mtimeNs: bigint; ctimeNs: bigint }): boolean {
    if (stats.dev !== this.#reading.dev) return true;
    return this.#isRecent(stats.ctimeNs) || this.#isRecent(stats.mtimeNs);
  }

  #isRecent(ns: bigint): boolean {
    const { startNs } = this.#reading;
    return ns >= startNs - marginNs && ns <= startNs + maxScanNs;
  }
}

/** The mtime of a new file in `folder`; undefined if the folder is on another device or not writable. */
function probe(folder: string, dev: bigint): bigint | undefined {
  const path = join(folder, temporaryName(process.pid, randomUUID()));
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
