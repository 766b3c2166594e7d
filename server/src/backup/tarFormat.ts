/** The block size of tar, in bytes. */
export const blockBytes = 512;

/** The header fields that a backup has, at their offsets: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 */
const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
} as const;

/** The largest size in eleven octal digits. */
const maxOctalSize = 0o77777777777;
const regularFile = '0';

export interface TarEntry {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** The header of a regular file that its owner may read. The name has at most 100 ASCII characters. */
export function tarHeader({ name, size }: TarEntry, mtime: Date): Buffer {
  const header = Buffer.alloc(blockBytes);
  const put = (field: keyof typeof fields, text: string): void => void header.write(text, fields[field][0], 'latin1');
  const octal = (field: keyof typeof fields, value: number): void => {
    put(field, value.toString(8).padStart(fields[field][1] - 1, '0'));
  };
  put('name', name);
  octal('mode', 0o600);
  octal('uid', 0);
  octal('gid', 0);
  if (size <= maxOctalSize) octal('size', size);
  else putBinarySize(header, size);
  octal('mtime', Math.floor(mtime.getTime() / 1000));
  put('type', regularFile);
  put('magic', 'ustar\u000000');
  octal('checksum', checksumOf(header));
  return header;
}

/** The form of GNU tar and of libarchive for 8 GiB and more: a set bit, then the number. */
function putBinarySize(header: Buffer, size: number): void {
  const [offset] = fields.size;
  header[offset] = 0x80;
  header.writeBigUInt64BE(BigInt(size), offset + 4);
}

/** The entry of a header, `end` for a block of zeros, or undefined if the block is no header that `tarHeader` makes. */
export function parseTarHeader(header: Buffer): TarEntry | 'end' | undefined {
  if (header.every((byte) => byte === 0)) return 'end';
  const text = (field: keyof typeof fields): string => {
    const [offset, length] = fields[field];
    return header.toString('latin1', offset, offset + length).replace(/[\0 ].*$/s, '');
  };
  if (Number.parseInt(text('checksum'), 8) !== checksumOf(header)) return undefined;
  if (text('type') !== regularFile || !text('magic').startsWith('ustar')) return undefined;
  const size = sizeOf(header, text('size'));
  return Number.isSafeInteger(size) ? { name: text('name'), size } : undefined;
}

function sizeOf(header: Buffer, octal: string): number {
  const [offset] = fields.size;
  return header[offset] === 0x80 ? Number(header.readBigUInt64BE(offset + 4)) : Number.parseInt(octal, 8);
}

/** The sum of all bytes, with spaces in the place of the checksum itself. */
function checksumOf(header: Buffer): number {
  const [offset, length] = fields.checksum;
  let sum = length * 0x20;
  for (const [index, byte] of header.entries()) if (index < offset || index >= offset + length) sum += byte;
  return sum;
}

/** The zeros after a content of `size` bytes. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes);
}

export const tarEnd: Buffer = Buffer.alloc(2 * blockBytes);
