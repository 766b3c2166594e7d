import { hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isSmall, type Content } from '../content';
import { readAt } from '../openContent';

/** A pack is the concatenation of small contents. Larger contents are objects of their own, as rsync's delta bases. */
export const maxPackBytes = 16 << 20;
/** Bounds the names of one pack, and the work between two turns of other requests. */
const maxPackedContents = 8192;

const windowBytes = 1 << 20;

/** The place of a content in a pack. */
export interface Slice extends Content {
  readonly offset: number;
}

/** Distributes small contents over packs, in their order. Throws RangeError for a content that is not small. */
export function packsOf<T extends Content>(contents: readonly T[]): T[][] {
  const packs: T[][] = [];
  let pack: T[] = [];
  let bytes = 0;
  for (const content of contents) {
    if (!isSmall(content)) throw new RangeError(`a content of ${content.size} bytes is too large for a pack`);
    if (pack.length === 0 || bytes + content.size > maxPackBytes || pack.length === maxPackedContents) {
      packs.push((pack = []));
      bytes = 0;
    }
    pack.push(content);
    bytes += content.size;
  }
  return packs;
}

export function slicesOf(contents: readonly Content[]): Slice[] {
  let offset = 0;
  return contents.map(({ hash, size }) => {
    const slice = { hash, size, offset };
    offset += size;
    return slice;
  });
}

export function bytesOf(contents: readonly Content[]): number {
  return contents.reduce((sum, { size }) => sum + size, 0);
}

/** Slices whose bytes follow each other, and those bytes. */
interface IntactWindow {
  readonly intact: readonly Slice[];
  /** The offset of the bytes in the pack. */
  readonly start: number;
  /** They may be overwritten afterwards. */
  readonly bytes: Buffer;
}

/**
 * The slices whose bytes in the pack have their hash. The pack may be shorter than its slices, as when its transfer was
 * interrupted. Yields to other requests between windows of a megabyte.
 */
export async function intactSlices(pack: FileHandle, slices: readonly Slice[]): Promise<Slice[]> {
  const found: Slice[] = [];
  for await (const { intact } of intactWindows(pack, slices)) found.push(...intact);
  return found;
}

/** `intactSlices`, with their bytes. Throws DamagedContent for a sector that the disk cannot read. */
export async function* intactWindows(pack: FileHandle, slices: readonly Slice[]): AsyncGenerator<IntactWindow> {
  const buffer = Buffer.allocUnsafe(windowBytes);
  for (const window of windowsOf(slices)) {
    const [first] = window;
    if (first === undefined) continue;
    const bytesRead = await readAt(pack, buffer, bytesOf(window), first.offset);
    const read = buffer.subarray(0, bytesRead);
    const start = first.offset;
    yield { intact: window.filter((slice) => isIntact(read, start, slice)), start, bytes: read };
    await nextTurn();
  }
}

/** Whether the slice is intact in `bytes`, which begin at `start` of the pack. */
function isIntact(bytes: Buffer, start: number, { offset, size, hash: expected }: Slice): boolean {
  const found = bytes.subarray(offset - start, offset - start + size);
  return found.length === size && hash('sha256', found, 'hex') === expected;
}

/** Runs of adjacent slices that fit into one read. */
function* windowsOf(slices: readonly Slice[]): Generator<readonly Slice[], undefined> {
  let window: Slice[] = [];
  let end = 0;
  let bytes = 0;
  for (const slice of slices) {
    if (window.length > 0 && (slice.offset !== end || bytes + slice.size > windowBytes)) {
      yield window;
      window = [];
      bytes = 0;
    }
    window.push(slice);
    bytes += slice.size;
    end = slice.offset + slice.size;
  }
  yield window;
}
