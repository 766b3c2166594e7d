import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';

/**
 * Entries as bytes that all threads share: a seventh of the time of a structured clone or of as many rows, and no objects
 * to collect.
 *
 * Two 32-bit numbers (how many rows, how many bytes of text), then column by column: nanoseconds, inodes and
 * devices as 64-bit integers, sizes as doubles, flags in 32 bits, hashes in 32 bytes, and the texts between NULs:
 * first the paths, then the odd rows as JSON. Odd is what the columns cannot hold to the last digit.
 */
export type Packed = Uint8Array<ArrayBufferLike>;

/** One path of a table; null where it stands for a deletion. */
export type Row<T extends Entry> = readonly [path: string, value: T | null];

const headBytes = 8;
const hashBytes = 32;
const modeMask = 0xffff;
const racyFlag = 1 << 16;
const oddFlag = 1 << 17;
const deletedFlag = 1 << 18;
const syncedFlag = 1 << 19;
const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;
const mostUnsigned = 2n ** 64n - 1n;
const noHash = '0'.repeat(2 * hashBytes);

export function packEntries(rows: readonly Row<Entry>[]): Packed {
  return pack(rows, 1);
}

/** `isAgreed` tells those, among them that are plain, which are marked for `wasAgreed`. */
export function packObservations(
  seen: readonly Observation[],
  isAgreed: (seen: Observation) => boolean = () => false,
): Packed {
  const rows = seen.map((observation) => [observation.path, observation] as const);
  const packed = pack(rows, 4);
  const { flags } = Columns.of(packed, 4);
  for (const [row, one] of seen.entries())
    if (!isOdd(one) && isAgreed(one)) flags[row] = (flags[row] ?? 0) | syncedFlag;
  return packed;
}

/** Whether it was marked when it was packed. */
export function wasSynced(seen: Observation): boolean {
  return seen instanceof PackedObservation && seen.wasSynced;
}

export function unpackEntries(bytes: Uint8Array): Row<Entry>[] {
  const { paths, values } = unpack<Entry>(bytes, 1, (path, columns, row) => new PackedEntry(path, columns, row));
  return values.map((value, row) => [paths[row] ?? broken('a path is missing'), value]);
}

/** Throws when there is a deletion among them, as with all that was not packed here. */
export function unpackObservations(bytes: Uint8Array): Observation[] {
  const { paths, values } = unpack<Observation>(
    bytes,
    4,
    (path, columns, row) => new PackedObservation(path, columns, row),
  );
  const isWhole = (all: (Observation | null)[]): all is Observation[] => !all.includes(null);
  return isWhole(values) ? values : broken(`${paths[values.indexOf(null)]} is deleted`);
}

/** How many 64-bit integers a row has: its mtime, or with what only concerns this disk. */
type Width = 1 | 4;

function pack(rows: readonly Row<Entry | Observation>[], width: Width): Packed {
  const texts: string[] = [];
  const odd: string[] = [];
  const inColumns: boolean[] = [];
  const hashes: string[] = [];
  for (const [path, value] of rows) {
    texts.push(path);
    const plain = value !== null && !isOdd(value);
    inColumns.push(plain);
    // One that is packed is copied as it is.
    hashes.push(plain && !(value instanceof PackedEntry) ? value.hash : noHash);
    if (value !== null && !plain) odd.push(oddText(value));
  }
  const text = Buffer.from([...texts, ...odd].join('\0'));
  const columns = new Columns(
    new Uint8Array(new SharedArrayBuffer(bytesFor(rows.length, width) + text.length)),
    width,
    {
      count: rows.length,
      textBytes: text.length,
    },
  );
  columns.hashes.write(hashes.join(''), 'hex');
  for (const [row, [, value]] of rows.entries()) {
    if (value instanceof PackedEntry) value.copyTo(columns, row);
    else if (value !== null && inColumns[row] === true) columns.put(row, value);
    else columns.flags[row] = value === null ? deletedFlag : oddFlag;
  }
  columns.text.set(text);
  return columns.bytes;
}

function unpack<T extends Entry>(
  bytes: Uint8Array,
  width: Width,
  plain: (path: string, columns: Columns, row: number) => T,
): { readonly paths: readonly string[]; readonly values: (T | null)[] } {
  // The columns must lie at multiples of their size.
  const columns = Columns.of(bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes), width);
  const texts = columns.text.toString('utf8').split('\0');
  let odd = columns.count;
  const values: (T | null)[] = [];
  for (let row = 0; row < columns.count; row++) {
    const path = texts[row] ?? broken('a path is missing');
    const flags = columns.flags[row] ?? 0;
    if ((flags & (deletedFlag | oddFlag)) === 0) values.push(plain(path, columns, row));
    else values.push((flags & deletedFlag) === 0 ? oddFrom(path, texts[odd++] ?? broken('a row is missing')) : null);
  }
  if (columns.count > 0 && texts.length !== odd) broken('there are texts left');
  return { paths: texts, values };
}

function bytesFor(count: number, width: Width): number {
  return headBytes + count * (8 * width + 8 + 4 + hashBytes);
}

/** Views of the columns in the bytes. */
class Columns {
  readonly bytes: Packed;
  readonly count: number;
  readonly flags: Uint32Array;
  readonly hashes: Buffer;
  readonly text: Buffer;
  readonly #signed: BigInt64Array;
  readonly #unsigned: BigUint64Array;
  readonly #sizes: Float64Array;
  readonly #width: Width;

  constructor(bytes: Packed, width: Width, { count, textBytes }: { count: number; textBytes: number }) {
    const { buffer, byteOffset } = bytes;
    new Uint32Array(buffer, byteOffset, 2).set([count, textBytes]);
    let at = byteOffset + headBytes;
    this.bytes = bytes;
    this.count = count;
    this.#width = width;
    this.#signed = new BigInt64Array(buffer, at, count * width);
    this.#unsigned = new BigUint64Array(buffer, at, count * width);
    this.#sizes = new Float64Array(buffer, (at += 8 * count * width), count);
    this.flags = new Uint32Array(buffer, (at += 8 * count), count);
    this.hashes = Buffer.from(buffer, (at += 4 * count), hashBytes * count);
    this.text = Buffer.from(buffer, at + hashBytes * count, textBytes);
  }

  /** Throws when the bytes are not as many as they say. */
  static of(bytes: Packed, width: Width): Columns {
    if (bytes.length < headBytes) return broken('it is too short');
    const [count = 0, textBytes = 0] = new Uint32Array(bytes.buffer, bytes.byteOffset, 2);
    if (bytesFor(count, width) + textBytes !== bytes.length) return broken('its length is not what it says');
    return new Columns(bytes, width, { count, textBytes });
  }

  put(row: number, value: Entry | Observation): void {
    const at = row * this.#width;
    this.#signed[at] = value.mtimeNs;
    this.#sizes[row] = value.size;
    this.flags[row] = value.mode;
    if (!('ino' in value) || this.#width === 1) return;
    this.#signed[at + 1] = value.ctimeNs;
    this.#unsigned[at + 2] = value.ino;
    this.#unsigned[at + 3] = value.dev;
    if (value.racy) this.flags[row] = value.mode | racyFlag;
  }

  /** Takes over a row of others, which may be wider. */
  copy(row: number, from: Columns, fromRow: number): void {
    const width = Math.min(this.#width, from.#width);
    for (let column = 0; column < width; column++) {
      this.#signed[row * this.#width + column] = from.#signed[fromRow * from.#width + column] ?? 0n;
    }
    this.#sizes[row] = from.size(fromRow);
    this.flags[row] = from.flagsOf(fromRow) & (this.#width === 1 ? modeMask : modeMask | racyFlag);
    for (let byte = 0; byte < hashBytes; byte++) {
      this.hashes[row * hashBytes + byte] = from.hashes[fromRow * hashBytes + byte] ?? 0;
    }
  }

  signed(row: number, column: number): bigint {
    return this.#signed[row * this.#width + column] ?? 0n;
  }

  unsigned(row: number, column: number): bigint {
    return this.#unsigned[row * this.#width + column] ?? 0n;
  }

  size(row: number): number {
    return this.#sizes[row] ?? 0;
  }

  flagsOf(row: number): number {
    return this.flags[row] ?? 0;
  }

  hash(row: number): string {
    return this.hashes.toString('hex', row * hashBytes, (row + 1) * hashBytes);
  }
}

/**
 * A row, which looks into the columns each time it is asked: a hundred thousand objects with all of their fields took
 * 0.4 s to make, and most of the memory.
 */
class PackedEntry implements Entry {
  readonly path: string;
  protected readonly columns: Columns;
  protected readonly row: number;
  #hash: string | undefined;

  constructor(path: string, columns: Columns, row: number) {
    this.path = path;
    this.columns = columns;
    this.row = row;
  }

  get kind(): 'file' {
    return 'file';
  }

  get size(): number {
    return this.columns.size(this.row);
  }

  get mtimeNs(): bigint {
    return this.columns.signed(this.row, 0);
  }

  get mode(): number {
    return this.columns.flagsOf(this.row) & modeMask;
  }

  copyTo(columns: Columns, row: number): void {
    columns.copy(row, this.columns, this.row);
  }

  get hash(): string {
    return (this.#hash ??= this.columns.hash(this.row));
  }
}

class PackedObservation extends PackedEntry implements Observation {
  get ctimeNs(): bigint {
    return this.columns.signed(this.row, 1);
  }

  get ino(): bigint {
    return this.columns.unsigned(this.row, 2);
  }

  get dev(): bigint {
    return this.columns.unsigned(this.row, 3);
  }

  get racy(): boolean {
    return (this.columns.flagsOf(this.row) & racyFlag) !== 0;
  }

  get wasSynced(): boolean {
    return (this.columns.flagsOf(this.row) & syncedFlag) !== 0;
  }
}

function isOdd(value: Entry | Observation): boolean {
  if (value instanceof PackedEntry) return false;
  if (value.kind !== 'file' || value.mode !== (value.mode & modeMask) || !isSha256(value.hash)) return true;
  if (!isSigned(value.mtimeNs)) return true;
  return 'ino' in value && !(isSigned(value.ctimeNs) && isUnsigned(value.ino) && isUnsigned(value.dev));
}

/** A regular expression took ten times as long. */
function isSha256(hash: string): boolean {
  if (hash.length !== 2 * hashBytes) return false;
  for (let i = 0; i < hash.length; i++) {
    const code = hash.charCodeAt(i);
    if (code < 0x30 || (code > 0x39 && code < 0x61) || code > 0x66) return false;
  }
  return true;
}

function isSigned(value: bigint): boolean {
  return value >= least && value <= most;
}

function isUnsigned(value: bigint): boolean {
  return value >= 0n && value <= mostUnsigned;
}

function oddText(value: Entry | Observation): string {
  const integers = Object.entries(value).map(([name, one]) => [name, typeof one === 'bigint' ? String(one) : one]);
  return JSON.stringify({ ...Object.fromEntries(integers), path: undefined });
}

const integerNames = ['mtimeNs', 'dev', 'ino', 'ctimeNs'];

function oddFrom<T extends Entry>(path: string, text: string): T {
  const found = JSON.parse(text) as Record<string, unknown>;
  for (const name of integerNames) if (name in found) found[name] = BigInt(String(found[name]));
  if (typeof found['hash'] !== 'string' || typeof found['size'] !== 'number')
    return broken('an odd row lacks its hash');
  return { path, ...found } as unknown as T;
}

function broken(reason: string): never {
  throw new TypeError(`packed entries: ${reason}`);
}
