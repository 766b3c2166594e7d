import { createHash } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  futimesSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** The seed of all inputs, so that each run works on the same bytes. */
const seed = 20_261_124;

const poolBytes = 1 << 20;
const words = 'palm tree sand water notes draft plan data config light wind shore coast grove frond coconut'.split(' ');

/** Generates numbers from 0 to 1 with mulberry32 by Tommy Ettinger, which is in the public domain. */
function randomNumbers(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Generates text that compresses about threefold, like prose. */
function textPool(): Buffer {
  const random = randomNumbers(seed);
  const parts: string[] = [];
  for (let length = 0; length < poolBytes;) {
    const word = words[Math.floor(random() * words.length)] ?? '';
    const part = random() < 0.1 ? `${Math.floor(random() * 1e9).toString(36)}\n` : `${word} `;
    parts.push(part);
    length += part.length;
  }
  return Buffer.from(parts.join('')).subarray(0, poolBytes);
}

let pool: Buffer | undefined;

/** Returns the path of file `number`: 100 files per folder, 10 folders per parent. */
export function pathOf(number: number): string {
  const folder = Math.floor(number / 100);
  return `d${Math.floor(folder / 10)}/e${folder % 10}/file-${number}.txt`;
}

/** Writes `count` different text files of `bytes` each below `folder`. */
export function makeFiles(folder: string, count: number, bytes: number): void {
  pool ??= textPool();
  const random = randomNumbers(seed + count);
  for (let number = 0; number < count; number++) {
    const path = join(folder, pathOf(number));
    if (number % 100 === 0) mkdirSync(join(path, '..'), { recursive: true });
    const start = Math.floor(random() * (poolBytes - bytes));
    const head = `file ${number} of ${count}\n`;
    const file = openSync(path, 'w');
    writeSync(file, head);
    writeSync(file, pool, start, Math.max(0, bytes - head.length));
    closeSync(file);
  }
}

/** Replaces the content of one file with `text` and its hash. */
export function changeFile(folder: string, number: number, text: string): void {
  writeFileSync(join(folder, pathOf(number)), `${text}\n${createHash('sha256').update(text).digest('hex')}\n`);
}

/** Writes a file of noise, which does not compress. */
export function makeLargeFile(path: string, bytes: number): void {
  mkdirSync(join(path, '..'), { recursive: true });
  rmSync(path, { force: true });
  const file = openSync(path, 'w');
  const random = randomNumbers(seed);
  const block = new Uint32Array(1 << 18);
  for (let index = 0; index < block.length; index++) block[index] = Math.floor(random() * 2 ** 32);
  for (let written = 0; written < bytes; written += block.byteLength) {
    // XOR makes each block different at the cost of one pass.
    const mask = Math.floor(random() * 2 ** 32);
    for (let index = 0; index < block.length; index++) block[index] = ((block[index] ?? 0) ^ mask) + index;
    writeSync(file, block, 0, Math.min(block.byteLength, bytes - written));
  }
  ftruncateSync(file, bytes);
  closeSync(file);
}

/**
 * Changes a fraction of a file in pieces of 64 KiB at random offsets, which differ in each round. Sets an mtime that
 * differs by whole seconds, since rsync compares no smaller units.
 */
export function changeFraction(path: string, bytes: number, fraction: number, round: number): void {
  const piece = 1 << 16;
  const random = randomNumbers(seed + 1 + round);
  const file = openSync(path, 'r+');
  const content = new Uint32Array(piece / 4);
  for (let changed = 0; changed < bytes * fraction; changed += piece) {
    const offset = Math.floor(random() * (bytes / piece)) * piece;
    readSync(file, content, 0, piece, offset);
    for (let index = 0; index < content.length; index++) content[index] = Math.floor(random() * 2 ** 32);
    writeSync(file, content, 0, piece, offset);
  }
  const time = Math.floor(Date.now() / 1000) - 1_000 + round;
  futimesSync(file, time, time);
  closeSync(file);
}

const pageBytes = 4096;

/** Writes a file of pages of text, like that of a database. */
export function makePages(path: string, bytes: number): void {
  const random = randomNumbers(seed);
  const file = openSync(path, 'w');
  for (let offset = 0; offset < bytes; offset += pageBytes) writeSync(file, page(random), 0, pageBytes, offset);
  closeSync(file);
}

/** Replaces a fraction of the pages, which differ in each round. */
export function changePages(path: string, bytes: number, fraction: number, round: number): void {
  const random = randomNumbers(seed + round);
  const file = openSync(path, 'r+');
  for (let changed = 0; changed < bytes * fraction; changed += pageBytes)
    writeSync(file, page(random), 0, pageBytes, Math.floor(random() * (bytes / pageBytes)) * pageBytes);
  closeSync(file);
}

/** Changes a byte, another one in each round. */
export function changeByte(path: string, bytes: number, round: number): void {
  const random = randomNumbers(seed + round);
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.of(round), 0, 1, Math.floor(random() * bytes));
  closeSync(file);
}

function page(random: () => number): Buffer {
  pool ??= textPool();
  const start = Math.floor(random() * (poolBytes - pageBytes));
  const content = Buffer.from(pool.subarray(start, start + pageBytes));
  content.write(String(random()));
  return content;
}
