import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import { modeMask } from './columns';
import { PackedEntry } from './packedEntry';

const minSigned = -(2n ** 63n);
const maxSigned = 2n ** 63n - 1n;
const maxUnsigned = 2n ** 64n - 1n;
const hashLength = 64;

/** Whether columns cannot store the whole value: a symlink has a target, for example. It is packed as JSON. */
export function isIrregular(value: Entry | Observation): boolean {
  if (value instanceof PackedEntry) return false;
  if (value.kind !== 'file' || value.mode !== (value.mode & modeMask) || !isSha256(value.hash)) return true;
  if (!isSigned(value.mtimeNs)) return true;
  return 'ino' in value && !(isSigned(value.ctimeNs) && isUnsigned(value.ino) && isUnsigned(value.dev));
}

export function irregularText(value: Entry | Observation): string {
  const fields = Object.entries(value).map(([name, field]) => [
    name,
    typeof field === 'bigint' ? String(field) : field,
  ]);
  return JSON.stringify({ ...Object.fromEntries(fields), path: undefined });
}

const bigintNames = ['mtimeNs', 'dev', 'ino', 'ctimeNs'];

/** The reverse of `irregularText`. Throws TypeError or SyntaxError if the text is damaged. */
export function irregularFrom<T extends Entry>(path: string, text: string): T {
  const fields = JSON.parse(text) as Record<string, unknown>;
  for (const name of bigintNames) if (name in fields) fields[name] = BigInt(String(fields[name]));
  if (typeof fields['hash'] !== 'string' || typeof fields['size'] !== 'number') {
    throw new TypeError('packed entries: an irregular row lacks its hash or size');
  }
  return { path, ...fields } as unknown as T;
}

/** Whether `hash` is lower-case hex of the right length. A regular expression took ten times as long. */
function isSha256(hash: string): boolean {
  if (hash.length !== hashLength) return false;
  for (let i = 0; i < hash.length; i++) {
    const code = hash.charCodeAt(i);
    if (code < 0x30 || (code > 0x39 && code < 0x61) || code > 0x66) return false;
  }
  return true;
}

function isSigned(value: bigint): boolean {
  return value >= minSigned && value <= maxSigned;
}

function isUnsigned(value: bigint): boolean {
  return value >= 0n && value <= maxUnsigned;
}
