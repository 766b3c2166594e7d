import { hash } from 'node:crypto';
import {
  blockBytesFor,
  blockSignatureBytes,
  copyBytes,
  copyInstruction,
  dataHeadBytes,
  signatureBytesFor,
  signatureHeadBytes,
  strongBytes,
  weakChecksum,
} from '../../../../../server/src/contract/differences';

/** The signature of a content, as the contract describes it. */
export function signatureOf(content: Uint8Array): Buffer {
  const blockBytes = blockBytesFor(content.length);
  const signature = Buffer.alloc(signatureBytesFor(content.length));
  signature.writeUInt32BE(blockBytes, 0);
  signature.writeBigUInt64BE(BigInt(content.length), 4);
  for (let start = 0, at = signatureHeadBytes; start < content.length; start += blockBytes, at += blockSignatureBytes) {
    const block = content.subarray(start, start + blockBytes);
    signature.writeUInt32BE(weakChecksum(block, 0, block.length), at);
    hash('sha256', block, 'buffer').copy(signature, at + 4, 0, strongBytes);
  }
  return signature;
}

/** The content that a delta makes of its basis. */
export function patched(basis: Uint8Array, delta: Buffer): Buffer {
  const blockBytes = blockBytesFor(basis.length);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < delta.length;) {
    const first = delta.readUInt32BE(at + 1);
    if (delta[at] === copyInstruction) {
      parts.push(basis.subarray(first * blockBytes, (first + delta.readUInt32BE(at + 5)) * blockBytes));
      at += copyBytes;
    } else {
      parts.push(delta.subarray(at + dataHeadBytes, at + dataHeadBytes + first));
      at += dataHeadBytes + first;
    }
  }
  return Buffer.concat(parts);
}
