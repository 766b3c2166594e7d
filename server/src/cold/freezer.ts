import { createHash } from 'node:crypto';
import { tryLockPurges } from '../database/purgeLock';
import type { Database } from '../database/openDatabase';
import { leftOut, type FreezeRequest } from './freezeRequest';
import { pauseAfter, type Pacer } from '../concurrency/pacer';
import type { Content } from '../objects/content';
import type { ContentPins } from '../objects/contentPins';
import type { ContentStore } from '../objects/contentStore';
import { tellFault } from '../objects/diskFault';
import { DamagedContent, isWholeContent } from '../objects/openContent';
import { maxPackBytes } from '../objects/packs/pack';
import { isStorageFull } from '../space/isStorageFull';
import type { DiskSpace } from '../space/diskSpace';
import { ChunkBatch } from './chunkBatch';
import { chunksOf } from './chunkCutter';
import { ColdContents } from './coldContents';

export interface FreezerDeps {
  readonly dataFolder: string;
  readonly database: Database;
  readonly contents: ContentStore;
  readonly pins: ContentPins;
  readonly space: DiskSpace;
}

export interface FreezeResult {
  /** Contents that are composed of chunks from now on. In a dry run those that would be. */
  readonly contents: number;
  /** Bytes of these contents. */
  readonly bytes: number;
  /** Bytes of the new chunks, compressed. In a dry run 0: which chunks are new is not known in advance. */
  readonly storedBytes: number;
}

/** A smaller slice stays in its pack: the rows of its recipe and its chunk would take what compression saves. */
const minSliceBytes = 512;
/** Contents of one batch, which is also complete when its pack is full. */
const maxBatchContents = 500;
/** On a disk that gets full, batches are smaller, since only a stored batch frees the originals. */
const minBatchBytes = 256 << 10;
const batchDivisor = 4;

/**
 * Composes the contents that only the history has of compressed chunks, which the contents of a tree share. Chunks are never
 * shared between trees, so that no token can learn from sizes or times what another tree has.
 * Invariant: the object or slice of a content goes when its recipe is durable, and was read and has the content's hash. It stays
 * while a session pins the content, which may have looked up where it is, and while a backup runs, whose copy of the database may
 * have no recipe.
 */
export class Freezer {
  readonly #deps: FreezerDeps;
  readonly #cold: ColdContents;
  #result: FreezeResult = { contents: 0, bytes: 0, storedBytes: 0 };
  #hasReportedRoom = false;
  #batchBytes = maxPackBytes;

  constructor(deps: FreezerDeps) {
    this.#deps = deps;
    this.#cold = new ColdContents(deps.database);
  }

  async freeze(request: FreezeRequest, pacer: Pacer): Promise<FreezeResult> {
    for (const treeId of await this.#cold.trees()) {
      while ((await this.#tryFreezeTree(treeId, request, pacer)) === 'disk full') {
        if (this.#batchBytes <= minBatchBytes) {
          request.report('The disk is full, so the contents of the history are left to the next gc.');
          return this.#result;
        }
        this.#batchBytes /= batchDivisor;
      }
    }
    return this.#result;
  }

  async #tryFreezeTree(treeId: number, request: FreezeRequest, pacer: Pacer): Promise<'done' | 'disk full'> {
    const batch = new ChunkBatch(treeId, this.#deps.contents);
    try {
      await this.#freezeTree(treeId, batch, request, pacer);
      return 'done';
    } catch (error) {
      if (!isStorageFull(error)) throw error;
      return 'disk full';
    } finally {
      await batch.abandon();
      this.#result = { ...this.#result, storedBytes: this.#result.storedBytes + batch.storedBytes };
    }
  }

  async #freezeTree(treeId: number, batch: ChunkBatch, request: FreezeRequest, pacer: Pacer): Promise<void> {
    /** The hashes of the contents of the batch. Several versions may have one. */
    const waiting = new Set<string>();
    for await (const page of this.#cold.pagesOf(treeId)) {
      for (const content of await this.#candidates(page, request)) {
        request.signal.throwIfAborted();
        await pacer.pauseIfDue();
        if (waiting.has(content.hash)) continue;
        waiting.add(content.hash);
        if (request.dryRun) {
          this.#count(content);
          continue;
        }
        await this.#freezeOne(content, batch, request, pacer);
        if (waiting.size < maxBatchContents && batch.pendingBytes < this.#batchBytes) continue;
        await this.#store(batch, request, pacer);
        waiting.clear();
      }
    }
    await this.#store(batch, request, pacer);
  }

  /** Adds a content to the batch. One to which the disk gives no access stays as it is. */
  async #freezeOne(content: Content, batch: ChunkBatch, request: FreezeRequest, pacer: Pacer): Promise<void> {
    try {
      if (await this.#isFrozen(content, request, pacer)) await this.#removeOriginals([content], request);
      else if (await this.#hasRoom(content, batch, request, pacer)) await this.#cut(content, batch, request, pacer);
    } catch (error) {
      tellFault(error, leftOut(request));
    }
  }

  /** The cold contents of `page` that are stored as an object or a slice, and that no session pins. */
  async #candidates(page: readonly Content[], request: FreezeRequest): Promise<Content[]> {
    const { contents, pins } = this.#deps;
    const slices = await contents.packs.find(page);
    return page.filter((content) => {
      if (pins.has(content.hash)) return false;
      try {
        return contents.objects.has(content) || (slices.has(content.hash) && content.size >= minSliceBytes);
      } catch (error) {
        tellFault(error, leftOut(request));
        return false;
      }
    });
  }

  /** An earlier gc may have had to leave the object in its place. */
  async #isFrozen(content: Content, request: FreezeRequest, pacer: Pacer): Promise<boolean> {
    const recipes = await this.#deps.contents.chunks.find([content]);
    return recipes.size > 0 && (await this.#canBeComposed(content, request, pacer));
  }

  /**
   * The chunks of a content may take as much as the content, which stays until all are stored. Pushes were promised the rest.
   * The contents of the batch free room when they are stored.
   */
  async #hasRoom({ size }: Content, batch: ChunkBatch, request: FreezeRequest, pacer: Pacer): Promise<boolean> {
    const { space } = this.#deps;
    if (await space.hasRoom(size)) return true;
    if (!batch.isEmpty) {
      await this.#store(batch, request, pacer);
      if (await space.hasRoom(size)) return true;
    }
    if (!this.#hasReportedRoom)
      request.report('The disk has too little room, so some contents of the history are left to a later gc.');
    this.#hasReportedRoom = true;
    return false;
  }

  /** Leaves a damaged content as it is, for `verify` to report. */
  async #cut(content: Content, batch: ChunkBatch, request: FreezeRequest, pacer: Pacer): Promise<void> {
    const opened = await this.#deps.contents.open(content);
    if (opened === undefined) return;
    try {
      const digest = createHash('sha256');
      const chunks: string[] = [];
      for await (const window of chunksOf(opened, content.size)) {
        request.signal.throwIfAborted();
        for (const chunk of window) digest.update(chunk);
        for (const hash of await batch.addChunks(window)) chunks.push(hash);
        if (batch.pendingBytes >= this.#batchBytes) await this.#store(batch, request, pacer);
        await pacer.pauseIfDue();
      }
      if (digest.digest('hex') === content.hash) batch.addContent({ ...content, chunks });
    } catch (error) {
      if (!(error instanceof DamagedContent)) throw error;
    } finally {
      await opened.close();
    }
  }

  async #store(batch: ChunkBatch, request: FreezeRequest, pacer: Pacer): Promise<void> {
    const complete: Content[] = [];
    for (const content of await batch.store()) {
      request.signal.throwIfAborted();
      if (await this.#canBeComposed(content, request, pacer)) complete.push(content);
      await pacer.pauseIfDue();
    }
    await this.#removeOriginals(complete, request);
  }

  /** Reads the content as it is composed. A chunk that is damaged is forgotten, so that the next gc stores it again. */
  async #canBeComposed(content: Content, request: FreezeRequest, pacer: Pacer): Promise<boolean> {
    const { chunks } = this.#deps.contents;
    const onPiece = pauseAfter(request, pacer);
    const recipe = (await chunks.find([content])).get(content.hash);
    const opened = recipe && (await chunks.open(recipe));
    if (recipe === undefined || opened === undefined) return false;
    try {
      if (await isWholeContent(opened, content, onPiece)) return true;
    } finally {
      await opened.close();
    }
    for (const place of (await chunks.repository.places(recipe.chunks)).values()) {
      if (!(await chunks.isWhole(place, false))) await chunks.repository.forget(place);
      await onPiece();
    }
    return false;
  }

  async #removeOriginals(frozen: readonly Content[], request: FreezeRequest): Promise<void> {
    if (frozen.length === 0) return;
    const { dataFolder, contents, pins } = this.#deps;
    const lock = tryLockPurges(dataFolder);
    if (lock === undefined) {
      request.report('A backup is running, so the objects of the history are left to the next gc.');
      return;
    }
    try {
      const slices = await contents.packs.findAll(frozen.map(({ hash }) => hash));
      // A session may pin the content in the next turn of the event loop.
      const free = frozen.filter(({ hash }) => !pins.has(hash));
      for (const content of free) {
        contents.objects.tryRemove(content.hash, leftOut(request));
        this.#count(content);
      }
      // The packs stay until they are rewritten: a session may just have looked up where a slice is.
      await contents.packs.forget(free.flatMap(({ hash }) => slices.get(hash) ?? []));
    } finally {
      lock.release();
    }
  }

  #count({ size }: Content): void {
    const { contents, bytes, storedBytes } = this.#result;
    this.#result = { contents: contents + 1, bytes: bytes + size, storedBytes };
  }
}
