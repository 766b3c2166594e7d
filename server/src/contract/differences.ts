/**
 * Differences of a file, by the algorithm of rsync: A. Tridgell, "Efficient Algorithms for Sorting and Synchronization", thesis,
 * Australian National University 1999, chapter 3. One side has an old file, the basis, or the new one. It sends a signature: two
 * checksums of each block. The other side finds these blocks at any offset of the file that it has.
 *
 * All numbers are unsigned and big-endian. A signature is the block's size (4 bytes), the file's size (8), and for each block,
 * of which the last may be shorter, the weak checksum (4) and the strong one (12). A delta is a list of instructions: 1, the
 * number of a block of the basis (4) and a number of blocks (4), which are copied; or 2, a length (4) and as many bytes.
 */
export const signatureHeadBytes = 12;
export const strongBytes = 12;
export const blockSignatureBytes = 4 + strongBytes;

export const copyInstruction = 1;
export const dataInstruction = 2;
/** The bytes of an instruction without its data. */
export const copyBytes = 9;
export const dataHeadBytes = 5;

export const minBlockBytes = 1 << 10;
const maxBlockBytes = 128 << 10;

/** The square root of the file's size, as in rsync: then signature and differences of one place are about equally long. */
export function blockBytesFor(fileBytes: number): number {
  const root = Math.ceil(Math.sqrt(fileBytes) / 8) * 8;
  return Math.min(maxBlockBytes, Math.max(minBlockBytes, root));
}

/** The length of a signature in bytes. */
export function signatureBytesFor(fileBytes: number): number {
  return signatureHeadBytes + Math.ceil(fileBytes / blockBytesFor(fileBytes)) * blockSignatureBytes;
}

/** The weak checksum of the thesis (section 3.2.1): two sums of 16 bits, which roll on from byte to byte. */
export function weakChecksum(bytes: Uint8Array, start: number, end: number): number {
  let a = 0;
  let b = 0;
  for (let index = start; index < end; index++) {
    a = (a + (bytes[index] ?? 0)) | 0;
    b = (b + a) | 0;
  }
  return ((b & 0xffff) * 0x10000 + (a & 0xffff)) >>> 0;
}
