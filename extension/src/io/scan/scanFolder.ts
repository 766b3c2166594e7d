import { isUtf8 } from 'node:buffer';
import { readdirSync } from 'node:fs';
import { pathFault, type PathFault } from '../../../../server/src/contract/paths';

/** Of these nothing has to be asked: no name of them is too long, or means something else elsewhere. */
const ordinaryName = /^(?!\.\.?$)[\x20-\x2e\x30-\x5b\x5d-\x7e]{1,255}$/;
const surelyShort = 1024;

/** A name in a folder; with what is wrong with it, where that is no longer seen in it. */
export interface Found {
  readonly name: string;
  readonly isDirectory: () => boolean;
  readonly fault?: PathFault | 'name-not-utf8' | undefined;
}

/** Lists the folder at the absolute path. Throws the system's errors. */
export function namesIn(absolute: string): readonly Found[] {
  const entries = readdirSync(absolute, { withFileTypes: true });
  // What is not UTF-8 reads like this: then the bytes are needed. They cost several times as much.
  if (!entries.some(({ name }) => name.includes('\uFFFD'))) return entries;
  return readdirSync(absolute, { withFileTypes: true, encoding: 'buffer' }).map((entry) => ({
    name: isUtf8(entry.name) ? entry.name.toString('utf8') : escaped(entry.name),
    isDirectory: () => entry.isDirectory(),
    fault: isUtf8(entry.name) ? undefined : 'name-not-utf8',
  }));
}

/** Why `path`, of which all but the last name is known to be fine, cannot travel. */
export function faultOf(path: string, name: string): PathFault | undefined {
  return path.length <= surelyShort && ordinaryName.test(name) ? undefined : pathFault(path);
}

/** Shows each byte that is not ASCII, so that different names stay different. */
function escaped(name: Buffer): string {
  return [...name].map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`)).join('');
}
