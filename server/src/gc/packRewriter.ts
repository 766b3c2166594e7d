import { tryLockPurges } from '../database/purgeLock';
import { leftOut } from '../cold/freezeRequest';
import type { ContentPins } from '../objects/contentPins';
import { tellFault, type OnFault } from '../objects/diskFault';
import type { ChunkMove, Move, PackedChunk, StoredPack } from '../objects/packs/packRepository';
import { bytesOf, maxPackBytes, type Slice } from '../objects/packs/pack';
import type { PackStore } from '../objects/packs/packStore';
import type { PackWriter } from '../objects/packs/packWriter';
import { isStorageFull } from '../space/isStorageFull';
import type { Reserve } from '../space/reserve';
import type { GcRequest } from './gcRequest';
import type { Pacer } from '../concurrency/pacer';

export interface PackRewriterDeps {
  readonly dataFolder: string;
  readonly packs: PackStore;
  readonly pins: ContentPins;
  readonly reserve: Reserve;
}

export interface RewriteResult {
  /** The number of packs that were rewritten. */
  readonly packs: number;
  /** Bytes that this has freed. */
  readonly bytes: number;
}

const nothing: RewriteResult = { packs: 0, bytes: 0 };

/** A pack is rewritten if more of it is dead. Then the writing of a byte frees more than one. */
const maxDeadShare = 0.5;
/** The packs of one batch: a statement names all of them three times, and has at most 32,766 variables. */
const maxBatchPacks = 500;
/** Bounds the memory of a batch: slices may be tiny. */
const maxBatchParts = 16_384;

/**
 * Writes what is left of packs that are mostly dead into new packs.
 * Invariant: the new pack is durable before one transaction leads to it, and the old file goes afterwards. It stays for an hour
 * if a session pins one of its slices, since the session may have looked up the old place. All others look a content up again if
 * they do not find its pack; a backup, which reads what its copy of the database names, keeps packs from being rewritten.
 */
export class PackRewriter {
  readonly #deps: PackRewriterDeps;

  constructor(deps: PackRewriterDeps) {
    this.#deps = deps;
  }

  /** `removed` are contents that a dry run would have removed before. */
  async rewrite(request: GcRequest, pacer: Pacer, removed: ReadonlySet<string>): Promise<RewriteResult> {
    const { packs } = this.#deps;
    let result = nothing;
    let batch = new Batch();
    const write = async (): Promise<void> => {
      const written = await this.#write(batch, request);
      result = { packs: result.packs + written.packs, bytes: result.bytes + written.bytes };
      batch = new Batch();
    };
    for await (const pack of packs.list()) {
      request.signal.throwIfAborted();
      await pacer.pauseIfDue();
      if (removed.size === 0 && !isSparse(pack, await packs.liveBytes(pack))) continue;
      const slices = (await packs.slicesOf(pack)).filter(({ hash }) => !removed.has(hash));
      const chunks = await packs.chunksOf(pack);
      // The removal of the others would remove the pack.
      if (removed.size > 0 && slices.length + chunks.length === 0) continue;
      const left = new Rest(pack, slices, chunks);
      if (!isSparse(pack, left.bytes)) continue;
      batch.add(left);
      if (batch.isFull) await write();
    }
    if (batch.packs.length > 0) await write();
    return result;
  }

  async #write(batch: Batch, request: GcRequest): Promise<RewriteResult> {
    const { dryRun, report } = request;
    const { dataFolder, reserve } = this.#deps;
    if (dryRun) return { packs: batch.packs.length, bytes: batch.deadBytes };
    const lock = tryLockPurges(dataFolder);
    if (lock === undefined) {
      report('A backup is running, so packs are left to the next gc.');
      return nothing;
    }
    try {
      return await reserve.withRoom(() => this.#writeOne(batch, leftOut(request)));
    } catch (error) {
      if (!isStorageFull(error)) throw error;
      report('The disk is full, so packs are left to the next gc.');
      return nothing;
    } finally {
      lock.release();
    }
  }

  async #writeOne(batch: Batch, onFault: OnFault): Promise<RewriteResult> {
    const writer = await this.#deps.packs.begin();
    try {
      return await this.#move(batch, writer, onFault);
    } catch (error) {
      await writer.abandon();
      throw error;
    }
  }

  async #move(batch: Batch, writer: PackWriter, onFault: OnFault): Promise<RewriteResult> {
    const { packs, pins } = this.#deps;
    const copied: StoredPack[] = [];
    const moves: { slices: Move[]; chunks: ChunkMove[] } = { slices: [], chunks: [] };
    for (const { pack, slices, chunks } of batch.packs) {
      try {
        const movedSlices = await packs.copySlices(pack, slices, writer);
        const movedChunks = movedSlices && (await packs.copyChunks(pack, chunks, writer));
        if (movedSlices === undefined || movedChunks === undefined) continue;
        copied.push(pack);
        for (const moved of movedSlices) moves.slices.push(moved);
        for (const moved of movedChunks) moves.chunks.push(moved);
      } catch (error) {
        tellFault(error, onFault);
      }
    }
    const emptied = await packs.replace(copied, writer, moves);
    const slices = new Map(batch.packs.map(({ pack, slices: ofPack }) => [pack.id, ofPack]));
    for (const { id, name } of emptied) {
      const isPinned = slices.get(id)?.some(({ hash }) => pins.has(hash)) === true;
      packs.retire(name, isPinned ? 'later' : 'now');
    }
    const written = moves.slices.length + moves.chunks.length === 0 ? 0 : writer.bytes;
    return { packs: emptied.length, bytes: emptied.reduce((sum, { bytes }) => sum + bytes, -written) };
  }
}

function isSparse({ bytes }: StoredPack, liveBytes: number): boolean {
  return bytes - liveBytes > bytes * maxDeadShare;
}

/** The living contents of a pack. */
class Rest {
  readonly pack: StoredPack;
  readonly slices: readonly Slice[];
  readonly chunks: readonly PackedChunk[];
  readonly bytes: number;

  constructor(pack: StoredPack, slices: readonly Slice[], chunks: readonly PackedChunk[]) {
    this.pack = pack;
    this.slices = slices;
    this.chunks = chunks;
    this.bytes = chunks.reduce((sum, { stored }) => sum + stored, bytesOf(slices));
  }
}

/** Packs whose living contents become one new pack. */
class Batch {
  readonly packs: Rest[] = [];
  liveBytes = 0;
  deadBytes = 0;
  #parts = 0;

  get isFull(): boolean {
    return this.liveBytes >= maxPackBytes || this.packs.length >= maxBatchPacks || this.#parts >= maxBatchParts;
  }

  add(rest: Rest): void {
    this.packs.push(rest);
    this.#parts += rest.slices.length + rest.chunks.length;
    this.liveBytes += rest.bytes;
    this.deadBytes += rest.pack.bytes - rest.bytes;
  }
}
