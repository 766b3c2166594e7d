import { hash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { inSlices } from '../concurrency/inSlices';
import type { Recipe } from './chunks/chunkRepository';
import type { ChunkStore } from './chunks/chunkStore';
import type { Content } from './content';
import type { OnFault } from './diskFault';
import type { ObjectState } from './inspectObject';
import type { ObjectStore } from './objectStore';
import { noUsage, sumOf, type Usage } from './usage';
import { fileContent, isWholeContent, piecesOf, type OnPiece, type OpenContent } from './openContent';
import { intactSlices } from './packs/pack';
import type { PackStore } from './packs/packStore';
import { byPack, type StoredSlice } from './packs/sliceRepository';

/** A content, whose size is unknown where no version has it. */
export interface MaybeSized {
  readonly hash: string;
  /** Bytes. */
  readonly size?: number;
}

/**
 * All stored contents: objects, slices of packs, and recipes of chunks. A content that is stored in several ways is read in the
 * first of these.
 */
export class ContentStore {
  readonly objects: ObjectStore;
  readonly packs: PackStore;
  readonly chunks: ChunkStore;

  constructor(objects: ObjectStore, packs: PackStore, chunks: ChunkStore) {
    this.objects = objects;
    this.packs = packs;
    this.chunks = chunks;
  }

  /** The hashes of those contents that are stored, as far as the sizes of files tell. Reads no content. */
  async stored(contents: readonly Content[]): Promise<Set<string>> {
    const slices = await this.packs.find(contents);
    const stored = new Set(slices.keys());
    await inSlices(contents, (content) => {
      if (!stored.has(content.hash) && this.objects.has(content)) stored.add(content.hash);
    });
    const others = contents.filter(({ hash: sha256 }) => !stored.has(sha256));
    for (const sha256 of (await this.chunks.find(others)).keys()) stored.add(sha256);
    return stored;
  }

  /** The recipes of those contents that are stored in no other way, by hash. `slices` are those of `packed`. */
  async composed(contents: readonly Content[], slices: ReadonlyMap<string, StoredSlice>): Promise<Map<string, Recipe>> {
    const others: Content[] = [];
    await inSlices(contents, (content) => {
      if (!slices.has(content.hash) && !this.objects.has(content)) others.push(content);
    });
    return this.chunks.find(others);
  }

  /** The slices of those contents that have no object, by hash. */
  async packed(contents: readonly Content[]): Promise<Map<string, StoredSlice>> {
    const slices = await this.packs.find(contents);
    await inSlices(slices.values(), (slice) => {
      if (this.objects.has(slice)) slices.delete(slice.hash);
    });
    return slices;
  }

  async has(content: Content): Promise<boolean> {
    return this.objects.has(content) || (await this.stored([content])).size > 0;
  }

  /** Returns undefined when the content is not stored. */
  async open(content: Content): Promise<OpenContent | undefined> {
    const object = await this.#openObject(content);
    if (object !== undefined) return object;
    // gc may move the content between the two.
    for (let last: string | undefined; ;) {
      const slice = (await this.packs.find([content])).get(content.hash);
      if (slice === undefined || slice.pack === last) return this.#openRecipe(content);
      const pack = await this.packs.open(slice);
      if (pack !== undefined) return fileContent(pack, slice.offset);
      last = slice.pack;
    }
  }

  async #openRecipe(content: Content): Promise<OpenContent | undefined> {
    const recipe = (await this.chunks.find([content])).get(content.hash);
    const opened = recipe && (await this.chunks.open(recipe, () => this.#openObject(content)));
    // gc may have made it an object again.
    return opened ?? this.#openObject(content);
  }

  async #openObject(content: Content): Promise<OpenContent | undefined> {
    const object = await this.objects.open(content);
    return object && fileContent(object);
  }

  /** The bytes of small content, verified; undefined if it is not stored, or damaged. `slice` is where a pack has it. */
  async readSmall(content: Content, slice: StoredSlice | undefined): Promise<Buffer | undefined> {
    const object = this.objects.readSmall(content);
    if (object !== undefined) return object;
    const bytes = slice && (await this.packs.read(slice));
    if (bytes !== undefined && hash('sha256', bytes, 'hex') === content.hash) return bytes;
    const composed = await this.#openRecipe(content);
    return composed && readAll(composed, content);
  }

  /** `ObjectStore.inspect` for all contents. */
  async inspect(content: MaybeSized, quick: boolean): Promise<ObjectState> {
    // gc may move the content while it is read.
    for (let last: string | undefined; ;) {
      const slice = (await this.packs.findAll([content.hash])).get(content.hash);
      const found = await this.inspectAt(content, slice, quick);
      if (found.state === 'whole') return found;
      if (slice === undefined || slice.pack === last)
        return found.state === 'missing' ? this.#inspectRecipe(content, quick) : found;
      last = slice.pack;
    }
  }

  async #inspectRecipe(content: MaybeSized, quick: boolean): Promise<ObjectState> {
    const recipe = (await this.chunks.repository.recipes([content.hash])).get(content.hash);
    if (recipe === undefined) return { state: 'missing' };
    const opened = await this.chunks.open(recipe, () => this.#openObject(recipe));
    if (opened === undefined) return { state: 'incomplete', fault: 'has lost some of its chunks' };
    const isWhole = quick || (await isWholeContent(opened, recipe));
    await opened.close();
    return isWhole ? { state: 'whole', size: recipe.size } : { state: 'incomplete', fault: 'has a damaged chunk' };
  }

  /** `inspect`, if it is known where a pack has the content. Looks for no recipe. */
  async inspectAt(content: MaybeSized, slice: StoredSlice | undefined, quick: boolean): Promise<ObjectState> {
    const object = await this.objects.inspect(content, quick);
    return object.state === 'missing' && slice !== undefined ? this.packs.inspect(slice, quick) : object;
  }

  /** Reads the whole content. */
  async isIntact(content: Content): Promise<boolean> {
    return !(await this.findDamaged([content])).has(content.hash);
  }

  /**
   * The hashes of contents that are missing or damaged. Reads all of them. A damaged content in a pack counts as missing
   * from then on, so that another copy can be stored.
   */
  async findDamaged(contents: Iterable<Content>): Promise<Set<string>> {
    const all = [...new Map(Array.from(contents, (content) => [content.hash, content])).values()];
    const intact = new Set<string>();
    // gc may move a slice while it is looked for, so another place counts, too.
    for (let slices = [...(await this.packed(all)).values()]; slices.length > 0;) {
      for (const hash of await this.#intactSlices(slices)) intact.add(hash);
      const damaged = slices.filter(({ hash }) => !intact.has(hash));
      await this.packs.forget(damaged);
      slices = await this.packs.moved(damaged);
    }
    const damaged = await this.objects.findDamaged(all.filter(({ hash: sha256 }) => !intact.has(sha256)));
    const others = all.filter((content) => damaged.has(content.hash) && !this.objects.has(content));
    for (const recipe of (await this.chunks.find(others)).values()) {
      const composed = await this.chunks.open(recipe, () => this.#openObject(recipe));
      if (composed !== undefined && (await isWholeContent(composed, recipe))) damaged.delete(recipe.hash);
      await composed?.close();
    }
    return damaged;
  }

  async #intactSlices(slices: readonly StoredSlice[]): Promise<Set<string>> {
    const intact = new Set<string>();
    for (const [first, ...others] of byPack(slices)) {
      const pack = await this.packs.open(first);
      if (pack === undefined) continue;
      try {
        for (const { hash } of await intactSlices(pack, [first, ...others])) intact.add(hash);
      } finally {
        await pack.close();
      }
    }
    return intact;
  }

  /**
   * Writes a content into a new file, sharing its blocks where the disk can. `slice` is where a pack has it. Returns false if
   * no file has the content. Does not verify it.
   */
  async copyTo(file: string, content: Content, slice: StoredSlice | undefined): Promise<boolean> {
    if (this.objects.has(content)) {
      await copyFile(this.objects.fileOf(content.hash), file, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      return true;
    }
    const bytes = slice && (await this.packs.read(slice));
    if (bytes === undefined) return false;
    await writeFile(file, bytes, { flag: 'wx' });
    return true;
  }

  /** `copyTo` for a content that is composed of chunks. Throws if one is damaged. */
  async compose(file: string, content: Content, onPiece?: OnPiece): Promise<boolean> {
    const composed = await this.#openRecipe(content);
    if (composed === undefined) return false;
    try {
      await writeFile(file, piecesOf(composed, content.size, onPiece), { flag: 'wx' });
    } finally {
      await composed.close();
    }
    return true;
  }

  /** The hashes of the stored contents that begin with `prefix`, of two digits, unsorted. */
  async hashes(prefix: string): Promise<string[]> {
    const recipes = await this.chunks.repository.withPrefix(prefix);
    return [...new Set([...this.objects.stored(prefix), ...(await this.packs.hashes(prefix)), ...recipes])];
  }

  /** The disk usage that the removal of these contents would free. */
  async freeable(hashes: readonly string[]): Promise<Usage> {
    let freeable = noUsage;
    for (const hash of hashes) freeable = sumOf(freeable, this.objects.freeable(hash));
    return sumOf(freeable, await this.packs.freeable(hashes));
  }

  /** The disk usage of all contents. */
  async usage(signal: AbortSignal): Promise<Usage> {
    return sumOf(await this.objects.usage(signal), await this.packs.usage());
  }

  /**
   * Removes these contents, at most a thousand. The caller checks in the same turn of the event loop that nothing uses
   * them: before the next turn, the objects are gone, and the removal of the slices and recipes precedes all later writes.
   * An object to which the disk gives no access stays, and `onFault` is told.
   */
  async remove(hashes: readonly string[], onFault: OnFault = () => undefined): Promise<Usage> {
    let freed = noUsage;
    for (const hash of hashes) freed = sumOf(freed, this.objects.tryRemove(hash, onFault));
    const [packs] = await Promise.all([this.packs.remove(hashes), this.chunks.repository.removeRecipes(hashes)]);
    return sumOf(freed, packs);
  }
}

/** Returns undefined if the content is damaged. Closes it. */
async function readAll(opened: OpenContent, { hash: sha256, size }: Content): Promise<Buffer | undefined> {
  try {
    const pieces: Buffer[] = [];
    for await (const piece of piecesOf(opened, size)) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    return hash('sha256', bytes, 'hex') === sha256 ? bytes : undefined;
  } catch {
    return undefined;
  } finally {
    await opened.close();
  }
}
