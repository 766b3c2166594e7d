import {
  chmodSync,
  copyFileSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inParallel } from '../concurrency/inParallel';
import { hasContent, isSmall, openContent, verifiedStats, type Content } from './content';
import { flushFiles, flushFileSystem } from './flush';
import { sameExceptCtime, sameStamp, stampFrom, stampOf, type FileStamp } from './fileStamp';

const hashesAtOnce = 3;
const objectMode = 0o444;

/** Errors of link(2) after which a copy does: another file system, too many links, links not allowed. */
const linkFailures = new Set(['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'ENOSYS']);

/**
 * Immutable files named by the SHA-256 of their content.
 * Invariant: an object's bytes never change; a damaged one is replaced by renaming a good file over it.
 */
export class ObjectStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    for (let shard = 0; shard < 256; shard++) {
      mkdirSync(join(folder, shard.toString(16).padStart(2, '0')), { recursive: true });
    }
  }

  /** Asked a few times for each file of a push: `join` would take as long as a system call. */
  fileOf(hash: string): string {
    return `${this.#folder}/${hash.slice(0, 2)}/${hash}`;
  }

  /** Cheap: it does not read the content. */
  has({ hash, size }: Content): boolean {
    const stats = statSync(this.fileOf(hash), { throwIfNoEntry: false });
    return stats !== undefined && stats.isFile() && stats.size === size;
  }

  /** Undefined when it is missing or cut short. Whoever asked closes it. */
  async open(content: Content): Promise<FileHandle | undefined> {
    return openContent(this.fileOf(content.hash), content);
  }

  async isIntact(content: Content): Promise<boolean> {
    return hasContent(this.fileOf(content.hash), content);
  }

  /** The contents, by hash, whose object is missing or damaged. */
  async findDamaged(contents: Iterable<Content>): Promise<Set<string>> {
    const sizes = new Map<string, Content>();
    for (const content of contents) sizes.set(content.hash, content);
    const damaged = new Set<string>();
    await inParallel([...sizes.values()], hashesAtOnce, async (content) => {
      if (!(await this.isIntact(content))) damaged.add(content.hash);
    });
    return damaged;
  }

  /** Takes in `file`, whose content was verified. It is durable only after `flush`. */
  async store(file: string, content: Content): Promise<void> {
    const object = this.fileOf(content.hash);
    // rsync has set it already; another chmod would be another change for the disk.
    if ((lstatSync(file).mode & 0o777) !== objectMode) chmodSync(file, objectMode);
    try {
      linkSync(file, object);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST' && !linkFailures.has(code ?? '')) throw error;
    }
    // An object that is good may be the only durable copy: it is not exchanged for one not yet flushed.
    if (sameFile(file, object) || (await this.isIntact(content))) return;
    renameSync(file, object);
  }

  /**
   * Takes in `file`, while others may still be arriving beside it, when it holds the content and nothing of that hash is
   * stored. Answers the object's stamp: as long as `isStill` says so the object is what was read. Undefined when the
   * file is not there as a whole yet, `left` when it is for the commit to take. It is durable only after `flush`.
   */
  async tryStoreEarly(file: string, content: Content): Promise<FileStamp | 'left' | undefined> {
    // A big one would be read for nothing; of a small one, linking tells soon enough.
    if (!isSmall(content) && this.has(content)) return 'left';
    let isNew = false;
    const stats = await verifiedStats(file, content, ({ nlink, mode }) => {
      // A delta basis has another name besides.
      isNew = nlink === 1n && Number(mode & 0o777n) === objectMode;
      return isNew;
    });
    // What has come with other content is not read at each look.
    if (stats === undefined) return isNew ? 'left' : undefined;
    const arrived = stampFrom(stats);
    const object = this.fileOf(content.hash);
    try {
      linkSync(file, object);
    } catch {
      return 'left';
    }
    const taken = stampOf(object);
    if (taken === undefined || sameExceptCtime(arrived, taken)) return taken;
    // Another file took this one's name between the reading and the linking. A good one may have replaced it since.
    const isBad = !(await this.isIntact(content));
    if (isBad && sameExceptCtime(taken, stampOf(object))) rmSync(object);
    return 'left';
  }

  isUnchanged(content: Content, stamp: FileStamp): boolean {
    return sameStamp(stamp, stampOf(this.fileOf(content.hash)));
  }

  /** Puts the content at `file`, which does not exist: a hard link where the file system allows it. */
  linkTo(file: string, { hash }: Pick<Content, 'hash'>): void {
    const object = this.fileOf(hash);
    try {
      linkSync(object, file);
    } catch (error) {
      if (!linkFailures.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      copyFileSync(object, file, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    }
  }

  /** Returns when all that was taken in survives a power loss. */
  async flush(hashes: readonly string[]): Promise<void> {
    if (await flushFileSystem(this.#folder, hashes.length)) return;
    const files = hashes.map((hash) => this.fileOf(hash));
    await flushFiles([...files, ...new Set(files.map(dirname))]);
  }
}

function sameFile(left: string, right: string): boolean {
  const a = statSync(left, { throwIfNoEntry: false });
  const b = statSync(right, { throwIfNoEntry: false });
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}
