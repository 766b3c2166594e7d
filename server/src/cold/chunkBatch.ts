import { hash } from 'node:crypto';
import type { NewChunk } from '../objects/chunks/chunkRepository';
import { compressChunk, type ChunkStore } from '../objects/chunks/chunkStore';
import type { Content } from '../objects/content';
import type { PackStore } from '../objects/packs/packStore';
import type { PackWriter } from '../objects/packs/packWriter';

/** A content that was cut into chunks. */
interface CutContent extends Content {
  /** The hashes of its chunks, in order. */
  readonly chunks: readonly string[];
}

/**
 * The chunks of one tree that are not in the database yet.
 * Invariant: a pack is durable before the database names it, and its chunks are in the database before a recipe names them. So a
 * kill leaves at most a file or chunks that nothing needs.
 */
export class ChunkBatch {
  readonly #treeId: number;
  readonly #packs: PackStore;
  readonly #chunks: ChunkStore;
  readonly #new = new Map<string, NewChunk>();
  readonly #cut: CutContent[] = [];
  #writer: PackWriter | undefined;
  #storedBytes = 0;

  constructor(treeId: number, { packs, chunks }: { readonly packs: PackStore; readonly chunks: ChunkStore }) {
    this.#treeId = treeId;
    this.#packs = packs;
    this.#chunks = chunks;
  }

  /** Bytes of the packs that were stored. */
  get storedBytes(): number {
    return this.#storedBytes;
  }

  /** Bytes of the pack that was begun. */
  get pendingBytes(): number {
    return this.#writer?.bytes ?? 0;
  }

  /** Whether no chunk or content waits for `store`. */
  get isEmpty(): boolean {
    return this.#writer === undefined && this.#cut.length === 0;
  }

  /** Adds those chunks that the tree does not have. Returns the hashes of all. */
  async addChunks(chunks: readonly Buffer[]): Promise<string[]> {
    const hashes = chunks.map((bytes) => hash('sha256', bytes, 'hex'));
    const known = await this.#chunks.repository.known(this.#treeId, hashes);
    const fresh = new Map<string, Buffer>();
    for (const [index, sha256] of hashes.entries()) {
      const bytes = chunks[index];
      if (bytes !== undefined && !known.has(sha256) && !this.#new.has(sha256)) fresh.set(sha256, bytes);
    }
    const compressed = await Promise.all([...fresh.values()].map(compressChunk));
    for (const [index, [sha256, { length }]] of [...fresh].entries()) {
      const bytes = compressed[index];
      if (bytes === undefined) continue;
      this.#writer ??= await this.#packs.begin();
      const offset = await this.#writer.append(bytes);
      this.#new.set(sha256, { hash: sha256, size: length, offset, stored: bytes.length });
    }
    return hashes;
  }

  /** Adds a content whose chunks were added. */
  addContent(content: CutContent): void {
    this.#cut.push(content);
  }

  /** Stores all chunks, and returns the contents that are complete with them. They have recipes from now on. */
  async store(): Promise<Content[]> {
    await this.#storePack();
    const cut = this.#cut.splice(0);
    const ids = await this.#chunks.repository.known(this.#treeId, [...new Set(cut.flatMap(({ chunks }) => chunks))]);
    const complete = cut.filter(({ chunks }) => chunks.every((chunk) => ids.has(chunk)));
    await this.#chunks.repository.putRecipes(
      complete.map(({ hash: sha256, size, chunks }) => {
        return { hash: sha256, size, chunks: chunks.flatMap((chunk) => ids.get(chunk) ?? []) };
      }),
    );
    return complete;
  }

  /** If that fails, no chunk has the pack, so its file goes. */
  async #storePack(): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    try {
      await writer.finish();
      await this.#chunks.repository.addPack(this.#treeId, writer, [...this.#new.values()]);
    } catch (error) {
      await this.abandon();
      throw error;
    }
    this.#writer = undefined;
    this.#storedBytes += writer.bytes;
    this.#new.clear();
  }

  /** Forgets what was not stored, and removes the file that was begun. */
  async abandon(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    this.#new.clear();
    this.#cut.length = 0;
    await writer?.abandon();
  }
}
