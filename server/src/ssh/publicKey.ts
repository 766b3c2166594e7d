import { createHash } from 'node:crypto';
import { OperatorError } from '../errors';

export interface PublicKey {
  readonly type: string;
  /** The key itself, in base64. */
  readonly blob: string;
  readonly comment: string;
}

/** The types that OpenSSH accepts by default, with the number of fields of the key (RFC 4253, 6.6; RFC 5656, 3.1; RFC 8709, 4). */
const fieldsByType: ReadonlyMap<string, number> = new Map([
  ['ssh-ed25519', 2],
  ['ssh-rsa', 3],
  ['ecdsa-sha2-nistp256', 3],
  ['ecdsa-sha2-nistp384', 3],
  ['ecdsa-sha2-nistp521', 3],
  ['sk-ssh-ed25519@openssh.com', 3],
  ['sk-ecdsa-sha2-nistp256@openssh.com', 4],
]);
/** OpenSSH warns of shorter ones, and later versions refuse them. */
const minRsaBits = 2048;

/** The key in the text of a `.pub` file. Throws OperatorError for anything other than one valid key. */
export function parsePublicKey(text: string): PublicKey {
  if (/PRIVATE KEY/.test(text)) {
    throw new OperatorError(
      'This is a private key, which nobody else may have. Give the public one, from the file that ends in .pub.',
    );
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const [type = '', blob = '', ...comment] = (lines[0] ?? '').trim().split(/\s+/);
  const fields = fieldsByType.get(type);
  if (lines.length !== 1 || fields === undefined || !isKeyOf(type, blob, fields)) {
    throw new OperatorError(
      'This is not a public key of OpenSSH. Give the content of one file that ends in .pub, such as ~/.ssh/id_ed25519.pub.',
    );
  }
  return { type, blob, comment: comment.join(' ').replace(/\p{Cc}/gu, '') };
}

export function fingerprint({ blob }: Pick<PublicKey, 'blob'>): string {
  const digest = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}

function isKeyOf(type: string, blob: string, count: number): boolean {
  const bytes = Buffer.from(blob, 'base64');
  if (bytes.toString('base64') !== blob) return false;
  const fields = fieldsOf(bytes);
  if (fields?.length !== count || fields[0]?.toString() !== type) return false;
  const last = fields.at(-1);
  if (type === 'ssh-rsa') return last !== undefined && bitsOf(last) >= minRsaBits;
  return type === 'ssh-ed25519' ? last?.length === 32 : true;
}

/** Each field has its length before it, in 4 bytes. Undefined if they do not fill the bytes exactly. */
function fieldsOf(bytes: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + 4 > bytes.length) return undefined;
    const end = offset + 4 + bytes.readUInt32BE(offset);
    if (end > bytes.length) return undefined;
    fields.push(bytes.subarray(offset + 4, end));
    offset = end;
  }
  return fields;
}

function bitsOf(number: Buffer): number {
  const start = number.findIndex((byte) => byte !== 0);
  const first = number[start];
  return first === undefined ? 0 : (number.length - start - 1) * 8 + (32 - Math.clz32(first));
}
