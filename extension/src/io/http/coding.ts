import { Duplex } from 'node:stream';
import * as zlib from 'node:zlib';
import { zstdEncoding, zstdWindowLog } from '../../../../server/src/contract/transfers';

/** As rsync's default. */
const level = 3;
const pieceBytes = 256 << 10;
const sampleBytes = 64 << 10;
/** A shorter file gains nothing. */
const minBytes = 1 << 10;
/** A file whose beginning does not shrink to this share is sent as it is. */
const maxShare = 0.9;

/** Node has zstd since 22.15. */
const hasZstd = 'createZstdCompress' in zlib;

/** The encoding that both ends know; undefined for none. */
export function commonEncoding(encodings: readonly string[] = []): string | undefined {
  return hasZstd && encodings.includes(zstdEncoding) ? zstdEncoding : undefined;
}

/** Whether a file that begins with these bytes is worth encoding. */
export function paysOff(beginning: Uint8Array): boolean {
  const sample = beginning.subarray(0, sampleBytes);
  if (sample.length < minBytes) return false;
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: 1 };
  return zlib.zstdCompressSync(sample, { params }).length < sample.length * maxShare;
}

export function encoded(bytes: Uint8Array): Uint8Array {
  return zlib.zstdCompressSync(bytes, { params: { [zlib.constants.ZSTD_c_compressionLevel]: level } });
}

export function encodedStream(bytes: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: level };
  const encoder = zlib.createZstdCompress({ chunkSize: pieceBytes, params });
  return bytes.pipeThrough(Duplex.toWeb(encoder));
}

/** Decodes the pieces of a download one after the other, so a few that would become gigabytes are only read as far as wanted. */
export async function* decodedPieces(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  const source = ReadableStream.from(pieces);
  const params = { [zlib.constants.ZSTD_d_windowLogMax]: zstdWindowLog };
  const decoder = zlib.createZstdDecompress({ chunkSize: pieceBytes, params });
  const output = source.pipeThrough(Duplex.toWeb(decoder));
  for await (const piece of output) yield piece;
}
