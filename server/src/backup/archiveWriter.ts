import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { isSmall, type Content } from '../objects/content';
import type { ContentStore } from '../objects/contentStore';
import { fileContent, piecesOf, type OpenContent } from '../objects/openContent';
import type { StoredSlice } from '../objects/packs/sliceRepository';
import { ByteSink, type WriteBytes } from './byteSink';
import { backupFormat, ContentsDigest, manifestEntry, objectEntry, type Manifest } from './manifest';
import { tarEnd, tarHeader, tarPadding } from './tarFormat';

export interface ArchiveOptions {
  readonly version: string;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly write: WriteBytes;
  readonly onBytes: (bytes: number) => void;
}

const chunkBytes = 1 << 20;

/** Writes the tar archive of a backup. */
export class ArchiveWriter {
  readonly #options: ArchiveOptions;
  readonly #sink: ByteSink;
  readonly #digest = new ContentsDigest();

  constructor(options: ArchiveOptions) {
    this.#options = options;
    this.#sink = new ByteSink(options.write);
  }

  async putFile(name: string, file: string, size: number): Promise<Content> {
    const handle = await open(file, 'r');
    try {
      return { hash: await this.#put(name, size, piecesOf(fileContent(handle), size)), size };
    } finally {
      await handle.close();
    }
  }

  /**
   * Returns whether the content is whole. A large one is in the archive even if it is not. `slice` is where a pack has the
   * content.
   */
  async putContent(stored: ContentStore, content: Content, slice: StoredSlice | undefined): Promise<boolean> {
    if (!isSmall(content)) return this.#putLarge(stored, content);
    const bytes = await stored.readSmall(content, slice).catch(() => undefined);
    if (bytes === undefined) return false;
    this.#digest.add(content);
    await this.#put(objectEntry(content.hash), content.size, [bytes]);
    return true;
  }

  /** Writes the manifest, and all that is still in memory. */
  async end(database: Content, lost: readonly string[]): Promise<Manifest> {
    const { version, now } = this.#options;
    const contents = this.#digest.sum();
    const createdAt = now.toISOString();
    const manifest: Manifest = { format: backupFormat, createdAt, version, database, contents, lost: [...lost] };
    const text = JSON.stringify(manifest);
    await this.#put(manifestEntry(text), Buffer.byteLength(text), [Buffer.from(text)]);
    await this.#sink.write(tarEnd);
    await this.#sink.flush();
    return manifest;
  }

  async #putLarge(stored: ContentStore, content: Content): Promise<boolean> {
    const opened = await stored.open(content).catch(() => undefined);
    if (opened === undefined) return false;
    try {
      this.#digest.add(content);
      const bytes = paddedPieces(opened, content.size);
      return (await this.#put(objectEntry(content.hash), content.size, bytes)) === content.hash;
    } finally {
      await opened.close();
    }
  }

  /** Returns the SHA-256 of the bytes in hex. */
  async #put(name: string, size: number, bytes: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<string> {
    await this.#sink.write(tarHeader({ name, size }, this.#options.now));
    const digest = createHash('sha256');
    for await (const piece of bytes) {
      this.#options.signal.throwIfAborted();
      digest.update(piece);
      await this.#sink.write(piece);
      this.#options.onBytes(piece.length);
    }
    await this.#sink.write(tarPadding(size));
    return digest.digest('hex');
  }
}

/** `piecesOf`, with zeros in the place of what cannot be read: the archive has promised `size` bytes. */
async function* paddedPieces(content: OpenContent, size: number): AsyncGenerator<Buffer> {
  let left = size;
  const pieces = piecesOf(content, size);
  for (;;) {
    const next = await pieces.next().catch(() => undefined);
    if (next === undefined || next.done === true) break;
    left -= next.value.length;
    yield next.value;
  }
  for (; left > 0; left -= chunkBytes) yield Buffer.alloc(Math.min(chunkBytes, left));
}
