import { fstatSync, statSync } from 'node:fs';
import { withProbeFile } from '../../fs/disk/probeFile';

/** Enough for file systems that store times in steps of one or two seconds. */
const marginNs = 2_000_000_000n;

const dayNs = 86_400_000_000_000n;
/** A time that is further ahead was set by a program: no write since the reading can have caused it. */
const maxScanNs = dayNs;
/** No clock of another machine is further behind than this. */
const maxSkewNs = dayNs;

export interface ClockReading {
  /** The device of the file system; undefined if its clock could not be read. */
  readonly dev: bigint | undefined;
  /** The time by the file system's clock, in nanoseconds since the epoch. */
  readonly startNs: bigint;
}

/**
 * Decides which files are racy, by the clock of their file system: that of a network share is not this machine's. If a
 * file system's clock cannot be read, as on a read-only one, all its files that changed within a day are racy.
 */
export class FileClock {
  readonly #reading: ClockReading;
  /** The readings by device. */
  readonly #startsNs = new Map<bigint, bigint>();
  readonly #systemStartNs: bigint;

  constructor(reading: ClockReading, systemStartNs = BigInt(Date.now()) * 1_000_000n) {
    this.#reading = reading;
    this.#systemStartNs = systemStartNs;
    if (reading.dev !== undefined) this.#startsNs.set(reading.dev, reading.startNs);
  }

  /** Reads the clock by creating and removing a file in `storage` if that is on the device of `root`, or else in `root`. */
  static read(root: string, storage: string | undefined): FileClock {
    const dev = statSync(root, { bigint: true }).dev;
    const now = (storage === undefined ? undefined : probe(storage, dev)) ?? probe(root, dev);
    return new FileClock({
      dev: now === undefined ? undefined : dev,
      startNs: now ?? 0n,
    });
  }

  /** Reads the clock of the disk that is mounted at `folder`, unless it was read. */
  readMounted(folder: string, dev: bigint): void {
    if (this.#startsNs.has(dev)) return;
    const now = probe(folder, dev);
    if (now !== undefined) this.#startsNs.set(dev, now);
  }

  /** The reading of the workspace folder's disk, for a clock in another thread. */
  get reading(): ClockReading {
    return this.#reading;
  }

  /**
   * Whether a file that is hashed after the reading could be written once more without a change to its times. Since the
   * clock is read before the hashing, too many files count as racy rather than too few.
   */
  isRacy(stats: { dev: bigint; mtimeNs: bigint; ctimeNs: bigint }): boolean {
    const startNs = this.#startsNs.get(stats.dev);
    if (startNs === undefined) return latest(stats) >= this.#systemStartNs - maxSkewNs;
    return isRecent(stats.ctimeNs, startNs) || isRecent(stats.mtimeNs, startNs);
  }
}

function isRecent(ns: bigint, startNs: bigint): boolean {
  return ns >= startNs - marginNs && ns <= startNs + maxScanNs;
}

function latest({ mtimeNs, ctimeNs }: { readonly mtimeNs: bigint; readonly ctimeNs: bigint }): bigint {
  return mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
}

/** The mtime of a new file in `folder`; undefined if the folder is on another device or not writable. */
function probe(folder: string, dev: bigint): bigint | undefined {
  try {
    if (statSync(folder, { bigint: true }).dev !== dev) return undefined;
    return withProbeFile(folder, (file) => fstatSync(file, { bigint: true }).mtimeNs);
  } catch {
    return undefined;
  }
}
