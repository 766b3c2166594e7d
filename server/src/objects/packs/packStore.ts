import { hash, randomUUID } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openContent, type Content } from '../content';
import { isDiskFault, type OnFault } from '../diskFault';
import { stampOf } from '../fileStamp';
import { flushFiles } from '../flush';
import type { ObjectState } from '../inspectObject';
import { DamagedContent, readAt } from '../openContent';
import { intactSlices, intactWindows, type Slice } from './pack';
import type { ChunkMove, Move, Moves, PackedChunk, PackRepository, StoredPack } from './packRepository';
import { packMode, PackWriter } from './packWriter';
import type { SliceRepository, StoredSlice } from './sliceRepository';
import { removeLeftover } from '../removeLeftover';
import { fileUsage, freeableFile, noUsage, sumOf, type Usage } from '../usage';

const suffix = '.pack';

/** The name of a pack and its length in bytes. */
type PackRef = Pick<StoredSlice, 'pack' | 'packBytes'>;

/**
 * The files of packs, and their table of contents in the database.
 * Invariant: a pack is never changed, and it is durable before the database names it. So a kill leaves at most a file that
 * no slice refers to.
 */
export class PackStore {
  readonly #folder: string;
  readonly #slices: SliceRepository;
  readonly #packs: PackRepository;

  constructor(folder: string, slices: SliceRepository, packs: PackRepository) {
    this.#folder = folder;
    this.#slices = slices;
    this.#packs = packs;
    mkdirSync(folder, { recursive: true });
  }

  fileOf(name: string): string {
    return `${this.#folder}/${name.slice(0, 2)}/${name}${suffix}`;
  }

  /**
   * Stores the pack in `file`, and returns those of its slices that it really contains. A content that another pack has stays
   * there. The result is durable.
   */
  async add(file: string, slices: readonly Slice[]): Promise<Slice[]> {
    const name = randomUUID();
    const target = this.fileOf(name);
    mkdirSync(dirname(target), { recursive: true });
    // From here on the same file is read, even if rsync puts another one in its place.
    linkSync(file, target);
    try {
      const intact = await this.#intactIn(target, slices);
      const stored = await this.find(intact);
      const fresh = intact.filter(({ hash }) => !stored.has(hash));
      if (fresh.length === 0) rmSync(target);
      else await this.#slices.add({ name, bytes: statSync(target).size, slices: fresh });
      return intact;
    } catch (error) {
      rmSync(target, { force: true });
      throw error;
    }
  }

  async #intactIn(file: string, slices: readonly Slice[]): Promise<Slice[]> {
    chmodSync(file, packMode);
    const handle = await open(file, 'r');
    try {
      const flushed = handle.sync();
      // An error of the flush must not be left unhandled if reading fails first.
      const [intact] = await Promise.all([intactSlices(handle, slices), flushed]);
      await flushFiles([dirname(file), this.#folder]);
      return intact;
    } finally {
      await handle.close();
    }
  }

  /** The slices with these hashes, by hash, whatever is left of their packs. */
  async findAll(hashes: readonly string[]): Promise<Map<string, StoredSlice>> {
    return this.#slices.find(hashes);
  }

  /** The slices of `contents` whose pack is there and has its length, by hash. */
  async find(contents: readonly Content[]): Promise<Map<string, StoredSlice>> {
    const found = await this.#slices.find(contents.map(({ hash }) => hash));
    const absent = this.#absent(found.values());
    const moved = await this.moved(absent);
    for (const { hash } of absent) found.delete(hash);
    for (const slice of moved) if (this.isWhole(slice)) found.set(slice.hash, slice);
    for (const { hash, size } of contents) if (found.get(hash)?.size !== size) found.delete(hash);
    return found;
  }

  /** The new places of those slices that gc has moved to another pack since. */
  async moved(slices: readonly StoredSlice[]): Promise<StoredSlice[]> {
    if (slices.length === 0) return [];
    const packs = new Map(slices.map(({ hash, pack }) => [hash, pack]));
    const found = await this.#slices.find([...packs.keys()]);
    return [...found.values()].filter(({ hash, pack }) => packs.get(hash) !== pack);
  }

  /** Those of the slices whose pack is missing or truncated. */
  #absent(slices: Iterable<StoredSlice>): StoredSlice[] {
    const isWhole = new Map<string, boolean>();
    return Array.from(slices).filter((slice) => {
      const known = isWhole.get(slice.pack) ?? this.isWhole(slice);
      isWhole.set(slice.pack, known);
      return !known;
    });
  }

  /** Whether the pack is there and has its length. One to which the disk gives no access counts as missing. */
  isWhole({ pack, packBytes }: PackRef): boolean {
    try {
      const stats = statSync(this.fileOf(pack), { throwIfNoEntry: false });
      return stats?.isFile() === true && stats.size === packBytes;
    } catch (error) {
      if (isDiskFault(error)) return false;
      throw error;
    }
  }

  /** Opens a pack. Returns undefined when it is missing or truncated. The caller closes the handle. */
  async open({ pack, packBytes }: PackRef): Promise<FileHandle | undefined> {
    return openContent(this.fileOf(pack), { size: packBytes });
  }

  /** The bytes of a slice, which need not have its hash; undefined if the pack is missing or truncated. */
  async read(slice: StoredSlice): Promise<Buffer | undefined> {
    const pack = await this.open(slice);
    if (pack === undefined) return undefined;
    try {
      const bytes = Buffer.alloc(slice.size);
      if (slice.size > 0) await pack.read(bytes, 0, slice.size, slice.offset);
      return bytes;
    } finally {
      await pack.close();
    }
  }

  /** Compares a slice with its hash; with `quick`, only looks whether its pack has its length. */
  async inspect(slice: StoredSlice, quick: boolean): Promise<ObjectState> {
    const stamp = stampOf(this.fileOf(slice.pack));
    const whole: ObjectState = { state: 'whole', size: slice.size };
    if (stamp === undefined || stamp.size !== BigInt(slice.packBytes)) return { state: 'missing' };
    if (quick) return whole;
    const damaged = (fault: string): ObjectState => ({ state: 'damaged', fault, isMovable: false, stamp });
    try {
      const bytes = await this.read(slice);
      if (bytes === undefined) return { state: 'missing' };
      return hash('sha256', bytes, 'hex') === slice.hash ? whole : damaged('has other content');
    } catch (error) {
      return damaged(`cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
    }
  }

  /** The hashes of the slices that begin with `prefix`, of two digits. */
  async hashes(prefix: string): Promise<string[]> {
    return this.#slices.withPrefix(prefix);
  }

  /** The disk usage of all packs. */
  async usage(): Promise<Usage> {
    const files = (await this.#slices.packNames()).map((name) => this.fileOf(name));
    return files.map(fileUsage).reduce(sumOf, noUsage);
  }

  /** The disk usage that the removal of these contents would free: the packs that have no others. */
  async freeable(hashes: readonly string[]): Promise<Usage> {
    const files = (await this.#slices.packsOfOnly(hashes)).map((name) => this.fileOf(name));
    return files.map(freeableFile).reduce(sumOf, noUsage);
  }

  /** Removes these contents, at most a thousand, and packs of which nothing is left; see `SliceRepository.remove`. */
  async remove(hashes: readonly string[]): Promise<Usage> {
    const packs = await this.#slices.remove(hashes);
    let freed = noUsage;
    for (const name of await this.#slices.removeEmptyPacks(packs)) {
      freed = sumOf(freed, freeableFile(this.fileOf(name)));
      rmSync(this.fileOf(name), { force: true });
    }
    return freed;
  }

  /** Removes these slices, unless their contents have another place by now. Their packs stay. */
  async forget(slices: readonly StoredSlice[]): Promise<void> {
    await this.#slices.removeAt(slices);
  }

  /** All packs, one after the other. */
  list(): AsyncGenerator<StoredPack> {
    return this.#packs.list();
  }

  /** Bytes of the slices and chunks of a pack. */
  async liveBytes({ id }: StoredPack): Promise<number> {
    return this.#packs.liveBytes(id);
  }

  async slicesOf({ id }: StoredPack): Promise<Slice[]> {
    return this.#packs.slicesOf(id);
  }

  async chunksOf({ id }: StoredPack): Promise<PackedChunk[]> {
    return this.#packs.chunksOf(id);
  }

  /** Begins a new pack. */
  async begin(): Promise<PackWriter> {
    return PackWriter.create((name) => this.fileOf(name));
  }

  /**
   * Copies slices of a pack into a new one. Returns undefined if the pack is damaged or has gone: then it stays as it is, for
   * `verify` to report.
   */
  async copySlices(pack: StoredPack, slices: readonly Slice[], writer: PackWriter): Promise<Move[] | undefined> {
    if (slices.length === 0) return [];
    return this.#copyFrom(pack, async (source) => {
      const moves: Move[] = [];
      for await (const { intact, start, bytes } of intactWindows(source, slices)) {
        const target = await writer.append(bytes);
        for (const { hash, size, offset } of intact) {
          moves.push({ hash, size, from: pack.id, offset: target + offset - start });
        }
      }
      return moves.length === slices.length ? moves : undefined;
    });
  }

  /**
   * Copies chunks of a pack into a new one, as they are: whoever reads a chunk finds out whether it is damaged. Returns
   * undefined if the pack has gone, is truncated, or has a sector that the disk cannot read.
   */
  async copyChunks(
    pack: StoredPack,
    chunks: readonly PackedChunk[],
    writer: PackWriter,
  ): Promise<ChunkMove[] | undefined> {
    if (chunks.length === 0) return [];
    return this.#copyFrom(pack, async (source) => {
      const moves: ChunkMove[] = [];
      for (const { id, offset, stored } of chunks) {
        const bytes = Buffer.alloc(stored);
        await readAt(source, bytes, stored, offset);
        moves.push({ id, from: pack.id, offset: await writer.append(bytes) });
      }
      return moves;
    });
  }

  /** Returns undefined if the pack has gone, or `copy` finds it damaged. */
  async #copyFrom<T>(
    { name, bytes }: StoredPack,
    copy: (source: FileHandle) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const source = await openContent(this.fileOf(name), { size: bytes });
    if (source === undefined) return undefined;
    try {
      return await copy(source);
    } catch (error) {
      if (error instanceof DamagedContent) return undefined;
      throw error;
    } finally {
      await source.close();
    }
  }

  /** Puts a finished pack, if it has anything, in the place of others. Returns those that it leaves without content. */
  async replace(sources: readonly StoredPack[], writer: PackWriter, moves: Moves): Promise<StoredPack[]> {
    if (moves.slices.length + moves.chunks.length === 0) await writer.abandon();
    else await writer.finish();
    return this.#packs.replace(sources, writer, moves);
  }

  /** Removes the file of a pack that the database does not name any more, or leaves it to a later `removeLeftovers`. */
  retire(name: string, when: 'now' | 'later'): void {
    const file = this.fileOf(name);
    if (when === 'now') rmSync(file, { force: true });
    else if (statSync(file, { throwIfNoEntry: false }) !== undefined) utimesSync(file, new Date(), new Date());
  }

  /** Removes files that no slice or chunk refers to and that have not changed since `before`: a kill has left them. */
  async removeLeftovers(before: Date, options: { dryRun: boolean; onFault: OnFault }): Promise<Usage> {
    const known = new Set(await this.#slices.packNames());
    let freed = noUsage;
    for (const path of readdirSync(this.#folder, { recursive: true, encoding: 'utf8' })) {
      const file = join(this.#folder, path);
      if (!path.endsWith(suffix) || known.has(basename(path, suffix))) continue;
      freed = sumOf(freed, removeLeftover(file, before, options));
    }
    return freed;
  }
}
