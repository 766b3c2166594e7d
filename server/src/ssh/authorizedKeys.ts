import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { OperatorError } from '../errors';
import { parseKeyLine, type AllowedKey } from './keyLine';
import type { PublicKey } from './publicKey';

/** A line that sshd skips. */
const comment = /^[ \t]*#/;

/** A line of the file without its line feed. `text` has one character for each byte. */
interface Line {
  readonly text: string;
  readonly allowed: AllowedKey | undefined;
}

/** The user's `~/.ssh/authorized_keys`. Lines that are not Palmtree's stay as they are, byte for byte. */
export class AuthorizedKeys {
  readonly file: string;

  constructor(file = join(homedir(), '.ssh', 'authorized_keys')) {
    this.file = file;
  }

  /** The keys for a data folder. */
  list(dataFolder: string): AllowedKey[] {
    return linesIn(this.#read()).flatMap(({ allowed }) => (allowed?.dataFolder === dataFolder ? [allowed] : []));
  }

  /** Throws OperatorError if the file has the key already: sshd would use only the first line with it. */
  requireNew({ blob }: Pick<PublicKey, 'blob'>): void {
    const number = linesIn(this.#read()).findIndex(({ text }) => !comment.test(text) && hasWord(text, blob)) + 1;
    if (number === 0) return;
    const fix = 'so a second line would have no effect. Remove that line first.';
    throw new OperatorError(`The key is in line ${number} of ${this.file}, ${fix}`);
  }

  add(line: string): void {
    const bytes = this.#read();
    const isComplete = bytes.length === 0 || bytes.at(-1) === 0x0a;
    this.#write(Buffer.concat([bytes, Buffer.from(`${isComplete ? '' : '\n'}${line}\n`)]));
  }

  /** Removes the lines of a name. Returns whether there were any. */
  remove(dataFolder: string, name: string): boolean {
    const lines = linesIn(this.#read());
    const kept = lines.filter(({ allowed }) => allowed?.dataFolder !== dataFolder || allowed.name !== name);
    if (kept.length === lines.length) return false;
    this.#write(Buffer.from(kept.map(({ text }) => text).join('\n'), 'latin1'));
    return true;
  }

  #read(): Buffer {
    try {
      return readFileSync(this.file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
      throw new OperatorError(`${this.file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, {
        cause: error,
      });
    }
  }

  /** The file has the old content or the new one at any time. */
  #write(content: Buffer): void {
    const folder = dirname(this.file);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      chmodSync(folder, 0o700);
      const target = realPath(this.file);
      const temporary = `${target}.palmtree-${process.pid}`;
      try {
        const descriptor = openSync(temporary, 'wx', 0o600);
        try {
          writeFileSync(descriptor, content);
          fsyncSync(descriptor);
        } finally {
          closeSync(descriptor);
        }
        renameSync(temporary, target);
      } finally {
        rmSync(temporary, { force: true });
      }
    } catch (error) {
      throw new OperatorError(`${this.file} cannot be written (${(error as NodeJS.ErrnoException).code}).`, {
        cause: error,
      });
    }
  }
}

function hasWord(text: string, word: string): boolean {
  return text.split(/\s+/).includes(word);
}

/** The file that a symlink names. */
function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

function linesIn(bytes: Buffer): Line[] {
  return bytes
    .toString('latin1')
    .split('\n')
    .map((text) => ({ text, allowed: parseKeyLine(Buffer.from(text, 'latin1').toString()) }));
}
