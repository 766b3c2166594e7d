import { Duplex, finished, type Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { zstdEncoding, zstdWindowLog, type HttpTransfer } from '../contract/transfers';
import { WireError } from '../errors';

/** As rsync's default. */
const level = 3;
const pieceBytes = 256 << 10;
/** A shorter file gains nothing. */
const minBytes = 4 << 10;
/** The beginning of a file by which it is judged. */
const sampleBytes = 64 << 10;
/** A file whose beginning does not shrink to this share is sent as it is. */
const maxShare = 0.9;

/** The field `http` of a session. */
export const httpTransfer: HttpTransfer = { encodings: [zstdEncoding] };

/**
 * Decodes the bytes of an upload. It reads no more than was asked for, and fails as `source` does. Throws invalid_request for bytes
 * that are not valid.
 */
export function zstdDecoded(source: Readable): AsyncIterable<Uint8Array> {
  const decoder = zlib.createZstdDecompress({
    chunkSize: pieceBytes,
    params: { [zlib.constants.ZSTD_d_windowLogMax]: zstdWindowLog },
  });
  // It may fail before its reader has begun, which then gets the error.
  decoder.on('error', () => undefined);
  // Not a pipeline: a file that is larger than declared ends the decoder, and its client then gets a response.
  finished(source, { writable: false }, (error) => {
    if (error) decoder.destroy(error);
  });
  source.pipe(decoder);
  return validPieces(decoder);
}

async function* validPieces(decoder: zlib.ZstdDecompress): AsyncGenerator<Uint8Array, undefined> {
  try {
    yield* decoder as AsyncIterable<Uint8Array>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ZSTD_') !== true && code !== 'Z_BUF_ERROR') throw error;
    throw new WireError('invalid_request', 'the body is not valid zstd');
  }
}

/** Encodes the bytes of a download. */
export function zstdEncoded(bytes: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: level };
  const encoder = zlib.createZstdCompress({ chunkSize: pieceBytes, params });
  return bytes.pipeThrough(Duplex.toWeb(encoder));
}

/** Whether to encode a file of `bytes` bytes whose first bytes are `read`. */
export async function paysOff(bytes: number, read: (length: number) => Promise<Uint8Array>): Promise<boolean> {
  if (bytes < minBytes) return false;
  const sample = await read(Math.min(sampleBytes, bytes));
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: 1 };
  return zlib.zstdCompressSync(sample, { params }).length < sample.length * maxShare;
}

/** Whether this server decodes `encoding`. */
export function isKnownEncoding(encoding: string): boolean {
  return httpTransfer.encodings.includes(encoding);
}
