import { hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inSlices } from '../../concurrency/inSlices';
import type { ChunkPlace, ChunkRepository, Recipe } from './chunkRepository';
import { ComposedContent, type ChunkReader } from './composedContent';
import type { Content } from '../content';
import { readAt, type OpenContent } from '../openContent';
import type { PackStore } from '../packs/packStore';

/** zstd's own default. */
const level = 3;
/** Bounds the memory of a look-up. */
const chunksAtOnce = 10_000;

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
export class ChunkStore implements ChunkReader {
  readonly #packs: PackStore;
  readonly repository: ChunkRepository;

  constructor(packs: PackStore, repository: ChunkRepository) {
    this.#packs = packs;
    this.repository = repository;
  }

  /**
   * The recipes of those contents that have one, by hash. Their packs are there and have their length, and their chunks are as
   * long as the content together: a recipe that the disk has damaged names others, or none.
   */
  async find(contents: readonly Content[]): Promise<Map<string, Recipe>> {
    const recipes = await this.repository.recipes(contents.map(({ hash: sha256 }) => sha256));
    for (const { hash: sha256, size } of contents) if (recipes.get(sha256)?.size !== size) recipes.delete(sha256);
    for (const group of groupsOf(recipes.values())) {
      const ids = group.flatMap(({ chunks }) => chunks);
      const sizes = await this.#sizesOfPresent(ids);
      const absent = ids.filter((id) => !sizes.has(id));
      // gc may have moved them to another pack since.
      if (absent.length > 0) for (const [id, size] of await this.#sizesOfPresent(absent)) sizes.set(id, size);
      for (const recipe of group) if (!isComposedOf(recipe, sizes)) recipes.delete(recipe.hash);
    }
    return recipes;
  }

  /** The bytes of those chunks whose pack is there and has its length, by id. */
  async #sizesOfPresent(ids: readonly number[]): Promise<Map<number, number>> {
    const sizes = new Map<number, number>();
    const isWhole = new Map<string, boolean>();
    for (let start = 0; start < ids.length; start += chunksAtOnce) {
      const window = ids.slice(start, start + chunksAtOnce);
      const places = await this.repository.places(window);
      await inSlices(window, (id) => {
        const place = places.get(id);
        if (place === undefined) return;
        const isThere = isWhole.get(place.pack) ?? this.#packs.isWhole(place);
        isWhole.set(place.pack, isThere);
        if (isThere) sizes.set(id, place.size);
      });
    }
    return sizes;
  }

  /**
   * Returns undefined when a chunk is missing or was found damaged before. `openObject` opens the object that gc may make of the
   * content while it is read.
   */
  async open(
    recipe: Recipe,
    openObject: () => Promise<OpenContent | undefined> = () => Promise.resolve(undefined),
  ): Promise<OpenContent | undefined> {
    const starts = await this.#startsOf(recipe);
    return starts && new ComposedContent(this, { ids: recipe.chunks, starts }, openObject);
  }

  /** The offset of each chunk in the content. Undefined when they do not compose it. */
  async #startsOf({ chunks, size }: Recipe): Promise<Float64Array | undefined> {
    const starts = new Float64Array(chunks.length);
    let position = 0;
    for (let first = 0; first < chunks.length; first += chunksAtOnce) {
      const window = chunks.slice(first, first + chunksAtOnce);
      const sizes = await this.repository.sizes(window);
      for (const [index, id] of window.entries()) {
        const bytes = sizes.get(id);
        if (bytes === undefined) return undefined;
        starts[first + index] = position;
        position += bytes;
      }
    }
    return position === size ? starts : undefined;
  }

  async places(ids: readonly number[]): Promise<Map<number, ChunkPlace>> {
    return this.repository.places(ids);
  }

  /** The pack of a chunk. Returns undefined when it is missing or truncated. The caller closes it. */
  async openPack({ pack, packBytes }: ChunkPlace): Promise<FileHandle | undefined> {
    return this.#packs.open({ pack, packBytes });
  }

  /** The bytes of a chunk, verified. Undefined if they are damaged, or the disk cannot read them. */
  async read(pack: FileHandle, { offset, stored, size, hash: sha256 }: ChunkPlace): Promise<Buffer | undefined> {
    const bytes = Buffer.alloc(stored);
    const bytesRead = await readAt(pack, bytes, stored, offset).catch(() => 0);
    if (bytesRead !== stored) return undefined;
    const chunk = stored === size ? bytes : await decompressChunk(bytes, size).catch(() => undefined);
    return chunk?.length === size && hash('sha256', chunk, 'hex') === sha256 ? chunk : undefined;
  }

  /** Whether a chunk is whole where it is. With `quick`, only whether its pack has its length. */
  async isWhole(place: ChunkPlace, quick: boolean): Promise<boolean> {
    const pack = await this.openPack(place);
    if (pack === undefined) return false;
    try {
      return quick || (await this.read(pack, place)) !== undefined;
    } finally {
      await pack.close();
    }
  }
}

/** Whether all chunks of the recipe are in `sizes`, and have as many bytes as the content. */
function isComposedOf({ chunks, size }: Recipe, sizes: ReadonlyMap<number, number>): boolean {
  return chunks.reduce((sum, id) => sum + (sizes.get(id) ?? Number.NaN), 0) === size;
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
