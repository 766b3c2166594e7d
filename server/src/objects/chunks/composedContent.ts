import type { FileHandle } from 'node:fs/promises';
import type { ChunkPlace } from './chunkRepository';
import { DamagedContent, type OpenContent } from '../openContent';

/** Packs of one content that are open at once. */
const maxOpenPacks = 8;
/** Chunks whose places are looked up together: about 4 MiB of a content. */
const windowChunks = 256;

/** Reads chunks; see `ChunkStore`. */
export interface ChunkReader {
  /** The places of the chunks with these ids, by id. Damaged ones have none. */
  places(ids: readonly number[]): Promise<ReadonlyMap<number, ChunkPlace>>;
  /** Returns undefined when the pack is missing or truncated. */
  openPack(place: ChunkPlace): Promise<FileHandle | undefined>;
  /** Returns undefined when the chunk is damaged. */
  read(pack: FileHandle, place: ChunkPlace): Promise<Buffer | undefined>;
}

/** The ids of the chunks of a content, and the positions at which they start, in their order. */
export interface ChunkList {
  readonly ids: readonly number[];
  readonly starts: Float64Array;
}

/**
 * Reads one chunk at a time, of which it keeps the last. It looks up where the next chunks are while it reads, since a content may
 * have many, and gc may move them meanwhile. If gc makes the content an object meanwhile, the chunks go: `openObject` opens that.
 */
export class ComposedContent implements OpenContent {
  readonly #reader: ChunkReader;
  readonly #chunks: ChunkList;
  readonly #openObject: () => Promise<OpenContent | undefined>;
  readonly #open = new Map<string, FileHandle>();
  #places: ReadonlyMap<number, ChunkPlace> = new Map();
  #last: { readonly index: number; readonly bytes: Buffer } | undefined;
  #object: OpenContent | undefined;

  constructor(reader: ChunkReader, chunks: ChunkList, openObject: () => Promise<OpenContent | undefined>) {
    this.#reader = reader;
    this.#chunks = chunks;
    this.#openObject = openObject;
  }

  async read(position: number, length: number): Promise<Buffer> {
    if (this.#object !== undefined) return this.#object.read(position, length);
    const index = this.#indexAt(position);
    const bytes = this.#last?.index === index ? this.#last.bytes : await this.#chunk(index);
    if (bytes === undefined) return (await this.#instead()).read(position, length);
    this.#last = { index, bytes };
    const start = position - (this.#chunks.starts[index] ?? 0);
    return bytes.subarray(start, start + length);
  }

  async close(): Promise<void> {
    const opened = [...this.#open.values(), ...(this.#object === undefined ? [] : [this.#object])];
    this.#open.clear();
    await Promise.all(opened.map((one) => one.close()));
  }

  /** The index of the chunk that has the byte. */
  #indexAt(position: number): number {
    const { starts } = this.#chunks;
    let low = 0;
    for (let high = starts.length - 1; low < high;) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The object that gc has made of the content. */
  async #instead(): Promise<OpenContent> {
    this.#object = await this.#openObject();
    if (this.#object === undefined) throw new DamagedContent('a chunk of the stored content is damaged');
    return this.#object;
  }

  /** Returns undefined when the chunk is damaged or has gone. */
  async #chunk(index: number): Promise<Buffer | undefined> {
    const id = this.#chunks.ids[index];
    if (id === undefined) throw new DamagedContent('the content has no such byte');
    const known = this.#places.get(id);
    const bytes = known && (await this.#readAt(known));
    if (bytes !== undefined) return bytes;
    // gc may have moved the chunk to another pack since the look-up.
    this.#places = await this.#reader.places(this.#chunks.ids.slice(index, index + windowChunks));
    const place = this.#places.get(id);
    return place === undefined || place.pack === known?.pack ? undefined : this.#readAt(place);
  }

  async #readAt(place: ChunkPlace): Promise<Buffer | undefined> {
    const known = this.#open.get(place.pack);
    const pack = known ?? (await this.#reader.openPack(place));
    if (pack === undefined) return undefined;
    this.#open.delete(place.pack);
    this.#open.set(place.pack, pack);
    const [oldest] = this.#open;
    if (this.#open.size > maxOpenPacks && oldest !== undefined) {
      this.#open.delete(oldest[0]);
      await oldest[1].close();
    }
    return this.#reader.read(pack, place);
  }
}
