import { hash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, writeFile, type FileHandle } from 'node:fs/promises';
import { inSlices } from '../concurrency/inSlices';
import type { Content } from './content';
import type { ObjectState } from './inspectObject';
import type { ObjectStore } from './objectStore';
import { noUsage, sumOf, type Usage } from './usage';
import { intactSlices } from './pack';
import type { PackStore } from './packStore';
import { byPack, type StoredSlice } from './sliceRepository';

/** An open file that holds a content from `start` on. The caller closes the handle. */
export interface OpenContent {
  readonly handle: FileHandle;
  readonly start: number;
}

/** A content, whose size is unknown where no version has it. */
export interface MaybeSized {
  readonly hash: string;
  /** Bytes. */
  readonly size?: number;
}

/** All stored contents: objects, and slices of packs. A content that is both is read from its object. */
export class ContentStore {
  readonly objects: ObjectStore;
  readonly packs: PackStore;

  constructor(objects: ObjectStore, packs: PackStore) {
    this.objects = objects;
    this.packs = packs;
  }

  /** The hashes of those contents that are stored, as far as the sizes of files tell. Reads no content. */
  async stored(contents: readonly Content[]): Promise<Set<string>> {
    const slices = await this.packs.find(contents);
    const stored = new Set(slices.keys());
    await inSlices(contents, (content) => {
      if (!stored.has(content.hash) && this.objects.has(content)) stored.add(content.hash);
    });
    return stored;
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
    return this.objects.has(content) || (await this.packs.find([content])).size > 0;
  }

  /** Returns undefined when the content is not stored. */
  async open(content: Content): Promise<OpenContent | undefined> {
    const object = await this.objects.open(content);
    if (object !== undefined) return { handle: object, start: 0 };
    // gc may move the content between the two.
    for (let last: string | undefined; ;) {
      const slice = (await this.packs.find([content])).get(content.hash);
      if (slice === undefined || slice.pack === last) return undefined;
      const pack = await this.packs.open(slice);
      if (pack !== undefined) return { handle: pack, start: slice.offset };
      last = slice.pack;
    }
  }

  /** The bytes of small content, verified; undefined if it is not stored, or damaged. `slice` is where a pack has it. */
  async readSmall(content: Content, slice: StoredSlice | undefined): Promise<Buffer | undefined> {
    const object = this.objects.readSmall(content);
    if (object !== undefined || slice === undefined) return object;
    const bytes = await this.packs.read(slice);
    return bytes !== undefined && hash('sha256', bytes, 'hex') === content.hash ? bytes : undefined;
  }

  /** `ObjectStore.inspect` for all contents. */
  async inspect(content: MaybeSized, quick: boolean): Promise<ObjectState> {
    // gc may move the content while it is read.
    for (let last: string | undefined; ;) {
      const slice = (await this.packs.findAll([content.hash])).get(content.hash);
      const found = await this.inspectAt(content, slice, quick);
      if (found.state === 'whole' || slice === undefined || slice.pack === last) return found;
      last = slice.pack;
    }
  }

  /** `inspect`, if it is known where a pack has the content. */
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
    return this.objects.findDamaged(all.filter(({ hash }) => !intact.has(hash)));
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
   * the content is not stored. Does not verify it.
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

  /** The hashes of the stored contents that begin with `prefix`, of two digits, unsorted. */
  async hashes(prefix: string): Promise<string[]> {
    return [...new Set([...this.objects.stored(prefix), ...(await this.packs.hashes(prefix))])];
  }

  /** What the removal of these contents would free. */
  async freeable(hashes: readonly string[]): Promise<Usage> {
    let freeable = noUsage;
    for (const hash of hashes) freeable = sumOf(freeable, this.objects.freeable(hash));
    return sumOf(freeable, await this.packs.freeable(hashes));
  }

  /** What all contents take on the disk. */
  async usage(signal: AbortSignal): Promise<Usage> {
    return sumOf(await this.objects.usage(signal), await this.packs.usage());
  }

  /**
   * Removes these contents, at most a thousand. The caller checks in the same turn of the event loop that nothing uses
   * them: before the next turn, the objects are gone, and the removal of the slices precedes all later writes.
   */
  async remove(hashes: readonly string[]): Promise<Usage> {
    let freed = noUsage;
    for (const hash of hashes) freed = sumOf(freed, this.objects.remove(hash));
    return sumOf(freed, await this.packs.remove(hashes));
  }
}
