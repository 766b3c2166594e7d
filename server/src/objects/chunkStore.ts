import { hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inSlices } from '../concurrency/inSlices';
import type { ChunkPlace, ChunkRepository, Recipe } from './chunkRepository';
import type { Content } from './content';
import { DamagedContent, type OpenContent } from './openContent';
import type { PackStore } from './packStore';

/** zstd's own default. */
const level = 3;
/** Bounds the memory of a look-up. */
const chunksAtOnce = 10_000;
/** Packs of one content that are open at once. */
const maxOpenPacks = 8;

/** The bytes of a chunk as a pack has them: compressed, unless that makes them no fewer. */
export async function compressChunk(bytes: Buffer): Promise<Buffer> {
  const { zstdCompress, constants } = zlib();
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  const compressed = await promisify(zstdCompress)(bytes, { params });
  return compressed.length < bytes.length ? compressed : bytes;
}

async function decompressChunk(bytes: Buffer, maxOutputLength: number): Promise<Buffer> {
  return promisify(zlib().zstdDecompress)(bytes, { maxOutputLength });
}

/** An older Node has no zstd. It would fail at an import, before it is told that it is too old. */
function zlib() {
  return process.getBuiltinModule('node:zlib');
}

/** Contents that are composed of chunks. */
export class ChunkStore {
  readonly #packs: PackStore;
  readonly repository: ChunkRepository;

  constructor(packs: PackStore, repository: ChunkRepository) {
    this.#packs = packs;
    this.repository = repository;
  }

  /** The recipes of those contents that have one, and whose packs are there and have their length, by hash. */
  async find(contents: readonly Content[]): Promise<Map<string, Recipe>> {
    const recipes = await this.repository.recipes(contents.map(({ hash: sha256 }) => sha256));
    for (const { hash: sha256, size } of contents) if (recipes.get(sha256)?.size !== size) recipes.delete(sha256);
    for (const group of groupsOf(recipes.values())) {
      const absent = await this.#absent(group.flatMap(({ chunks }) => chunks));
      if (absent.size === 0) continue;
      // gc may have moved them to another pack since.
      const still = await this.#absent([...absent]);
      for (const { hash: sha256, chunks } of group) if (chunks.some((id) => still.has(id))) recipes.delete(sha256);
    }
    return recipes;
  }

  /** Those of the chunks that are in no pack, or in one that is missing or truncated. */
  async #absent(ids: readonly number[]): Promise<Set<number>> {
    const absent = new Set(ids);
    const isWhole = new Map<string, boolean>();
    await inSlices((await this.repository.places(ids)).values(), (place) => {
      const known = isWhole.get(place.pack) ?? this.#packs.isWhole(place);
      isWhole.set(place.pack, known);
      if (known) absent.delete(place.id);
    });
    return absent;
  }

  /** Returns undefined when a chunk is missing or was found damaged before. */
  async open(recipe: Recipe): Promise<OpenContent | undefined> {
    const places = await this.repository.places(recipe.chunks);
    const chunks = recipe.chunks.flatMap((id) => places.get(id) ?? []);
    const isWhole =
      chunks.length === recipe.chunks.length && chunks.reduce((sum, { size }) => sum + size, 0) === recipe.size;
    return isWhole ? new ComposedContent(this, chunks) : undefined;
  }

  /** The pack of a chunk. Returns undefined when it is missing or truncated. The caller closes it. */
  async openPack({ pack, packBytes }: ChunkPlace): Promise<FileHandle | undefined> {
    return this.#packs.open({ pack, packBytes });
  }

  /** The bytes of a chunk, verified. Undefined if they are damaged. */
  async read(pack: FileHandle, { offset, stored, size, hash: sha256 }: ChunkPlace): Promise<Buffer | undefined> {
    const bytes = Buffer.alloc(stored);
    const { bytesRead } = await pack.read(bytes, 0, stored, offset);
    if (bytesRead !== stored) return undefined;
    const chunk = stored === size ? bytes : await decompressChunk(bytes, size).catch(() => undefined);
    return chunk?.length === size && hash('sha256', chunk, 'hex') === sha256 ? chunk : undefined;
  }

  /** Whether a chunk is whole where it is. With `quick`, only whether its pack has its length. */
  async isWhole(place: ChunkPlace, quick: boolean): Promise<boolean> {
    const pack = await this.openPack(place);
    if (pack === undefined) return false;
    try {
      return quick || (await this.read(pack, place).catch(() => undefined)) !== undefined;
    } finally {
      await pack.close();
    }
  }
}

/** Groups recipes, so that the chunks of a group can be looked up together. */
function* groupsOf(recipes: Iterable<Recipe>): Generator<Recipe[]> {
  let group: Recipe[] = [];
  let count = 0;
  for (const recipe of recipes) {
    group.push(recipe);
    count += recipe.chunks.length;
    if (count < chunksAtOnce) continue;
    yield group;
    group = [];
    count = 0;
  }
  yield group;
}

/** Reads one chunk at a time, of which it keeps the last. */
class ComposedContent implements OpenContent {
  readonly #store: ChunkStore;
  readonly #chunks: readonly ChunkPlace[];
  readonly #starts: readonly number[];
  readonly #open = new Map<string, FileHandle>();
  #last: { readonly index: number; readonly bytes: Buffer } | undefined;

  constructor(store: ChunkStore, chunks: readonly ChunkPlace[]) {
    this.#store = store;
    this.#chunks = chunks;
    let position = 0;
    this.#starts = chunks.map(({ size }) => {
      position += size;
      return position - size;
    });
  }

  async read(position: number, length: number): Promise<Buffer> {
    const index = this.#indexAt(position);
    const bytes = this.#last?.index === index ? this.#last.bytes : await this.#chunk(index);
    this.#last = { index, bytes };
    const start = position - (this.#starts[index] ?? 0);
    return bytes.subarray(start, start + length);
  }

  async close(): Promise<void> {
    const handles = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(handles.map((handle) => handle.close()));
  }

  /** The index of the chunk that has the byte. */
  #indexAt(position: number): number {
    let low = 0;
    for (let high = this.#starts.length - 1; low < high;) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async #chunk(index: number): Promise<Buffer> {
    const place = this.#chunks[index];
    if (place === undefined) throw new DamagedContent('the content has no such byte');
    const bytes = (await this.#readAt(place)) ?? (await this.#readMoved(place));
    if (bytes === undefined) throw new DamagedContent('a chunk of the stored content is damaged');
    return bytes;
  }

  /** gc may have moved the chunk to another pack. */
  async #readMoved({ id, pack }: ChunkPlace): Promise<Buffer | undefined> {
    const moved = (await this.#store.repository.places([id])).get(id);
    return moved === undefined || moved.pack === pack ? undefined : this.#readAt(moved);
  }

  async #readAt(place: ChunkPlace): Promise<Buffer | undefined> {
    const known = this.#open.get(place.pack);
    const pack = known ?? (await this.#store.openPack(place));
    if (pack === undefined) return undefined;
    this.#open.delete(place.pack);
    this.#open.set(place.pack, pack);
    const [oldest] = this.#open;
    if (this.#open.size > maxOpenPacks && oldest !== undefined) {
      this.#open.delete(oldest[0]);
      await oldest[1].close();
    }
    return this.#store.read(pack, place);
  }
}
