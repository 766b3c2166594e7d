import { hash } from 'node:crypto';
import {
  blockBytesFor,
  blockSignatureBytes,
  signatureHeadBytes,
  strongBytes,
  weakChecksum,
} from '../contract/differences';
import type { OpenFile } from '../objects/content';

/** The file is read in pieces of about this many bytes, between which other requests run. */
const pieceBytes = 256 << 10;

/** The pieces of a file's signature, see the contract's `differences.ts`. */
export async function* signatureOf({ handle, size }: OpenFile): AsyncGenerator<Uint8Array, undefined> {
  const blockBytes = blockBytesFor(size);
  const head = Buffer.alloc(signatureHeadBytes);
  head.writeUInt32BE(blockBytes, 0);
  head.writeBigUInt64BE(BigInt(size), 4);
  yield head;
  const piece = Buffer.allocUnsafe(Math.max(1, Math.floor(pieceBytes / blockBytes)) * blockBytes);
  for (let position = 0; position < size;) {
    const length = Math.min(piece.length, size - position);
    for (let read = 0; read < length;) {
      const { bytesRead } = await handle.read(piece, read, length - read, position + read);
      if (bytesRead === 0) throw new Error('the file became shorter');
      read += bytesRead;
    }
    yield signaturesOf(piece.subarray(0, length), blockBytes);
    position += length;
  }
}

function signaturesOf(bytes: Buffer, blockBytes: number): Buffer {
  const signatures = Buffer.alloc(Math.ceil(bytes.length / blockBytes) * blockSignatureBytes);
  let at = 0;
  for (let start = 0; start < bytes.length; start += blockBytes) {
    const end = Math.min(start + blockBytes, bytes.length);
    signatures.writeUInt32BE(weakChecksum(bytes, start, end), at);
    hash('sha256', bytes.subarray(start, end), 'buffer').copy(signatures, at + 4, 0, strongBytes);
    at += blockSignatureBytes;
  }
  return signatures;
}
