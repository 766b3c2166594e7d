import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { copyFile, readdir, rename, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inParallel } from '../concurrency/inParallel';
import { inSlices } from '../concurrency/inSlices';
import { hasContent, isSmall, openContent, readSmall, verifiedStats, type Content } from './content';
import { tellFault, type OnFault } from './diskFault';
import { sameExceptCtime, sameStamp, stampFrom, stampOf, type FileStamp } from './fileStamp';
import { flushFiles, flushFileSystem } from './flush';
import { inspectObject, type ObjectState } from './inspectObject';
import { quarantine } from './quarantine';
import { receiveContent } from './receiveContent';
import { removeLeftover } from './removeLeftover';
import { fileUsage, freeableFile, noUsage, sumOf, type Usage } from './usage';

const maxParallelHashes = 3;
const objectMode = 0o444;
const quarantineName = 'quarantine';
const objectName = /^[0-9a-f]{64}$/;

const shards: readonly string[] = Array.from({ length: 256 }, (_, shard) => shard.toString(16).padStart(2, '0'));
/** Names of copies that `linkToCopy` makes. */
const copyName = /^[0-9a-f]{64}\.[0-9a-f-]{36}$/;

/** Errors of link(2) after which a copy works: another file system, too many links, links not permitted. */
const linkFailures = new Set(['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'ENOSYS']);

/**
 * Immutable files named by the SHA-256 of their content.
 * Invariant: an object is never changed. A damaged object is replaced by renaming a good file over it.
 */
export class ObjectStore {
  readonly #folder: string;
  readonly #quarantine: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#quarantine = join(dirname(folder), quarantineName);
    for (const shard of shards) mkdirSync(join(folder, shard), { recursive: true });
  }

  /** Avoids `join`: a push calls this several times for each file, and `join` would take as long as a system call. */
  fileOf(hash: string): string {
    return `${this.#folder}/${hash.slice(0, 2)}/${hash}`;
  }

  /** Compares the size only, without reading the content. */
  has({ hash, size }: Content): boolean {
    const stats = statSync(this.fileOf(hash), { throwIfNoEntry: false });
    return stats !== undefined && stats.isFile() && stats.size === size;
  }

  /** Returns undefined when the object is missing or truncated. The caller closes the handle. */
  async open(content: Content): Promise<FileHandle | undefined> {
    return openContent(this.fileOf(content.hash), content);
  }

  /** The bytes of small content, verified; undefined when the object is missing or damaged. */
  readSmall(content: Content): Buffer | undefined {
    return readSmall(this.fileOf(content.hash), content);
  }

  /** The hashes of the stored contents that begin with `prefix`, unsorted. */
  stored(prefix: string): string[] {
    const shards = readdirSync(this.#folder).filter((shard) => shard.startsWith(prefix.slice(0, 2)));
    const names = shards.flatMap((shard) => readdirSync(join(this.#folder, shard)));
    return names.filter((name) => objectName.test(name) && name.startsWith(prefix));
  }

  /** Compares the stored content with its hash, or with `quick` finds its size only. The size may be unknown. */
  async inspect(content: { readonly hash: string; readonly size?: number }, quick: boolean): Promise<ObjectState> {
    return inspectObject(this.fileOf(content.hash), content, quick);
  }

  /**
   * Moves a damaged object to the folder `quarantine` of the data folder, so that the next push of its content stores it
   * anew. Returns its path from the data folder, or undefined if a push has replaced it since `stamp` was taken.
   */
  quarantine(hash: string, stamp: FileStamp): string | undefined {
    const name = quarantine(this.fileOf(hash), stamp, this.#quarantine);
    return name === undefined ? undefined : `${quarantineName}/${name}`;
  }

  /**
   * Stores a content that arrives in pieces, in a store that nobody else uses. Returns whether it is whole; if not, it is
   * removed. It is durable only after `flushAll`. Throws if the store has an object with this hash.
   */
  async receive(content: Content, pieces: AsyncIterable<Buffer>): Promise<boolean> {
    return receiveContent(this.fileOf(content.hash), content, pieces, objectMode);
  }

  /** Reads the whole object. */
  async isIntact(content: Content): Promise<boolean> {
    return hasContent(this.fileOf(content.hash), content);
  }

  /** The hashes of contents whose object is missing or damaged. Reads all the objects. */
  async findDamaged(contents: Iterable<Content>): Promise<Set<string>> {
    const byHash = new Map<string, Content>();
    for (const content of contents) byHash.set(content.hash, content);
    const damaged = new Set<string>();
    await inParallel([...byHash.values()], maxParallelHashes, async (content) => {
      if (!(await this.isIntact(content))) damaged.add(content.hash);
    });
    return damaged;
  }

  /** Stores `file`, whose content the caller has verified. The object is durable only after `flush`. */
  async store(file: string, content: Content): Promise<void> {
    const object = this.fileOf(content.hash);
    // rsync has usually set the mode already, and another chmod would be another write to the disk.
    if ((lstatSync(file).mode & 0o777) !== objectMode) chmodSync(file, objectMode);
    try {
      linkSync(file, object);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST' && !linkFailures.has(code ?? '')) throw error;
    }
    // A good object may be the only durable copy, so a file that is not yet flushed must not replace it.
    if (sameFile(file, object) || (await this.isIntact(content))) return;
    renameSync(file, object);
  }

  /**
   * Stores `file` while rsync still transfers others, if it is complete and no object has its hash. The object is
   * durable only after `flush`. Returns
   * - the object's stamp; the content stays verified as long as `isUnchanged` is true for it,
   * - `incomplete` when the file may still arrive, or
   * - `deferred` when the commit has to store it.
   */
  async tryStoreEarly(file: string, content: Content): Promise<FileStamp | 'deferred' | 'incomplete'> {
    // Reading a big file that is already stored is wasted work. For a small file, the link below fails early enough.
    if (!isSmall(content) && this.has(content)) return 'deferred';
    let isReceived = false;
    const stats = await verifiedStats(file, content, ({ nlink, mode }) => {
      // A delta basis has a second link: its object.
      isReceived = nlink === 1n && Number(mode & 0o777n) === objectMode;
      return isReceived;
    });
    // A received file with other content is left to the commit, so that it is not read again on each pass.
    if (stats === undefined) return isReceived ? 'deferred' : 'incomplete';
    const object = this.fileOf(content.hash);
    try {
      linkSync(file, object);
    } catch {
      return 'deferred';
    }
    const stored = stampOf(object);
    if (stored === undefined) return 'incomplete';
    if (sameExceptCtime(stampFrom(stats), stored)) return stored;
    // The inbox file was replaced between read and link. The object may have been repaired since, so check it first.
    const isBad = !(await this.isIntact(content));
    if (isBad && sameExceptCtime(stored, stampOf(object))) rmSync(object);
    return 'deferred';
  }

  /** Returns what that frees. */
  remove(hash: string): Usage {
    const usage = this.freeable(hash);
    rmSync(this.fileOf(hash), { force: true });
    return usage;
  }

  /** `remove` for a caller that goes on with other objects if the disk gives no access to this one. */
  tryRemove(hash: string, onFault: OnFault): Usage {
    try {
      return this.remove(hash);
    } catch (error) {
      tellFault(error, onFault);
      return noUsage;
    }
  }

  /** The disk usage that `remove` would free: no bytes as long as a view or an inbox has another link to the object. */
  freeable(hash: string): Usage {
    return freeableFile(this.fileOf(hash));
  }

  /**
   * Removes the copies that `linkToCopy` left when it was killed. It changes a copy all the time, and gives it its name in the
   * end. So a copy that has not changed since `before` belongs to nothing.
   */
  async removeLeftovers(before: Date, { dryRun, onFault }: { dryRun: boolean; onFault: OnFault }): Promise<Usage> {
    let freed = noUsage;
    for (const shard of shards) {
      const folder = join(this.#folder, shard);
      for (const name of await readdir(folder)) {
        if (copyName.test(name)) freed = sumOf(freed, removeLeftover(join(folder, name), before, { dryRun, onFault }));
      }
    }
    return freed;
  }

  /** The disk usage of all objects. */
  async usage(signal: AbortSignal): Promise<Usage> {
    let usage = noUsage;
    for (const shard of shards) {
      signal.throwIfAborted();
      await inSlices(await readdir(join(this.#folder, shard)), (name) => {
        usage = sumOf(usage, fileUsage(join(this.#folder, shard, name)));
      });
    }
    return usage;
  }

  stamp({ hash }: Content): FileStamp | undefined {
    return stampOf(this.fileOf(hash));
  }

  /** Whether the object of `content` is still the file that `stamp` was taken from. */
  isUnchanged(content: Content, stamp: FileStamp): boolean {
    return sameStamp(stamp, this.stamp(content));
  }

  /** Creates `file` as a hard link to the object. Returns false where that is not possible. */
  tryLinkTo(file: string, { hash }: Pick<Content, 'hash'>): boolean {
    try {
      linkSync(this.fileOf(hash), file);
      return true;
    } catch (error) {
      if (!linkFailures.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      return false;
    }
  }

  /**
   * Creates `file` where `tryLinkTo` returned false: as a hard link to a new copy of the object if a file system permits no
   * more links to the old one, or else as a copy. So there is at most one copy for tens of thousands of links. Calls
   * `requireRoom` before it copies.
   */
  async linkToCopy(file: string, content: Content, requireRoom: (bytes: number) => Promise<void>): Promise<void> {
    if (this.tryLinkTo(file, content)) return;
    await requireRoom(content.size);
    const copy = `${this.fileOf(content.hash)}.${randomUUID()}`;
    await copyFile(this.fileOf(content.hash), copy, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    try {
      await flushFiles([copy]);
      linkSync(copy, file);
      renameSync(copy, this.fileOf(content.hash));
    } catch (error) {
      if (!linkFailures.has((error as NodeJS.ErrnoException).code ?? '')) {
        rmSync(copy, { force: true });
        throw error;
      }
      await rename(copy, file);
    }
  }

  /** Resolves when the objects would survive a power loss. */
  async flush(hashes: readonly string[]): Promise<void> {
    if (await flushFileSystem(this.#folder, hashes.length)) return;
    const files = hashes.map((hash) => this.fileOf(hash));
    await flushFiles([...files, ...new Set(files.map(dirname))]);
  }

  /** `flush` for all objects, of which there are `count`. */
  async flushAll(count: number): Promise<void> {
    if (await flushFileSystem(this.#folder, count)) return;
    for (const shard of readdirSync(this.#folder)) await this.flush(this.stored(shard));
    await flushFiles([this.#folder, dirname(this.#folder)]);
  }
}

function sameFile(left: string, right: string): boolean {
  const a = statSync(left, { throwIfNoEntry: false });
  const b = statSync(right, { throwIfNoEntry: false });
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}
