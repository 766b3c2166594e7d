import { realpathSync, statSync, type Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { isInOwnStorage } from '../../../core/tracking/ownStorage';
import { errnoOf } from '../../fs/errno';
import { settledWithin } from '../../threads/settledWithin';

/** Whether the folder at the absolute path, with these stats, is Palmtree's own storage, or lies in it. */
export type OwnFolderTest = (absolute: string, stats: Pick<Stats, 'dev' | 'ino'>) => boolean;

/** One of Palmtree's own folders. */
export interface OwnFolder {
  /** Its absolute path, without links. */
  readonly real: string;
  readonly dev: bigint;
  readonly ino: bigint;
}

/** The time, in milliseconds, for which a scan waits for the disks of Palmtree's own folders. */
const waitMs = 2_000;

/**
 * Finds Palmtree's own folders for each scan. One may be on a disk that does not respond, for which a scan waits only once.
 * Until it responds, the folders are those that were found last.
 * Invariant: one call at a time waits for these disks. Each takes one of the few threads that Node has for all files.
 */
export class OwnFolders {
  readonly #paths: readonly string[];
  readonly #waitMs: number;
  readonly #found = new Map<string, OwnFolder>();
  /** The path that is being looked up. */
  #current: string | undefined;

  /** `paths` are absolute. They are looked up in this order, so those that may be on another disk belong at the end. */
  constructor(paths: readonly string[], patience = waitMs) {
    this.#paths = paths;
    this.#waitMs = patience;
  }

  async find(): Promise<readonly OwnFolder[]> {
    if (this.#current === undefined) await settledWithin(this.#lookUp(), this.#waitMs);
    return [...this.#found.values()];
  }

  /** The folder whose disk does not respond. */
  get silent(): string | undefined {
    return this.#current;
  }

  /** Whether `path` was found, and its disk responds. */
  responds(path: string): boolean {
    return this.#found.has(path) && this.#current !== path;
  }

  async #lookUp(): Promise<void> {
    for (const path of this.#paths) {
      this.#current = path;
      const found = await ownFolderAt(path);
      if (found === undefined) this.#found.delete(path);
      else this.#found.set(path, found);
    }
    this.#current = undefined;
  }
}

/** Undefined if nothing is there, or it cannot be read. */
async function ownFolderAt(path: string): Promise<OwnFolder | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return { real: await realpath(path), dev, ino };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/**
 * Recognises Palmtree's own folders by their inodes, even where a bind mount or a link leads to them. If the workspace
 * folder `root` lies in one of them, every folder is recognized.
 */
export function ownFolderTest(root: string, own: readonly OwnFolder[]): OwnFolderTest {
  const realRoot = realPathOf(root) ?? root;
  if (isInOwnStorage(realRoot) || own.some(({ real }) => realRoot === real || realRoot.startsWith(real + sep)))
    return () => true;
  const known = new Map(own.map(({ dev, ino }) => [keyOf(dev, ino), `${dev} ${ino}`]));
  if (known.size === 0) return () => false;
  return (absolute, { dev, ino }) => {
    const exact = known.get(keyOf(dev, ino));
    // An inode number above 2 ** 53 is not exact in `ino`.
    return exact !== undefined && exactIdentityAt(absolute) === exact;
  };
}

function keyOf(dev: number | bigint, ino: number | bigint): string {
  return `${Number(dev)} ${Number(ino)}`;
}

function exactIdentityAt(path: string): string | undefined {
  return ifReadable(() => {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev} ${ino}`;
  });
}

function realPathOf(path: string): string | undefined {
  return ifReadable(() => realpathSync.native(path));
}

function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
