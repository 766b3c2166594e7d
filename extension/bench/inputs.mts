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

/** All inputs are made from this, so that each run works on the same bytes. */
export const seed = 20_261_124;

const poolBytes = 1 << 20;
const words = 'palm tree sand water notes draft plan data config light wind shore coast grove frond coconut'.split(' ');

/** A generator of numbers from 0 to 1: mulberry32, by Tommy Ettinger, in the public domain. */
export function randomNumbers(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Text that compresses as prose does, about threefold. */
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

/** The path of file `number`: a hundred in a folder, ten folders in one. */
export function pathOf(number: number): string {
  const folder = Math.floor(number / 100);
  return `d${Math.floor(folder / 10)}/e${folder % 10}/file-${number}.txt`;
}

/** Makes `count` text files of `bytes` each below `folder`, no two alike. */
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

/** Changes one file, to something that it never was. */
export function touchFile(folder: string, number: number, what: string): void {
  writeFileSync(join(folder, pathOf(number)), `${what}\n${createHash('sha256').update(what).digest('hex')}\n`);
}

/** A file of noise, which nothing compresses. */
export function makeBigFile(path: string, bytes: number): void {
  mkdirSync(join(path, '..'), { recursive: true });
  rmSync(path, { force: true });
  const file = openSync(path, 'w');
  const random = randomNumbers(seed);
  const block = new Uint32Array(1 << 18);
  for (let at = 0; at < block.length; at++) block[at] = Math.floor(random() * 2 ** 32);
  for (let written = 0; written < bytes; written += block.byteLength) {
    // Each block another one, at the price of one pass.
    const turn = Math.floor(random() * 2 ** 32);
    for (let at = 0; at < block.length; at++) block[at] = ((block[at] ?? 0) ^ turn) + at;
    writeSync(file, block, 0, Math.min(block.byteLength, bytes - written));
  }
  ftruncateSync(file, bytes);
  closeSync(file);
}

/**
 * Changes `share` of a file in pieces of 64 KiB spread over it, each time others. Its time is another second in each
 * round: rsync looks at no smaller parts of it.
 */
export function changeShare(path: string, bytes: number, share: number, round: number): void {
  const piece = 1 << 16;
  const random = randomNumbers(seed + 1 + round);
  const file = openSync(path, 'r+');
  const content = new Uint32Array(piece / 4);
  for (let changed = 0; changed < bytes * share; changed += piece) {
    const at = Math.floor(random() * (bytes / piece)) * piece;
    readSync(file, content, 0, piece, at);
    for (let index = 0; index < content.length; index++) content[index] = Math.floor(random() * 2 ** 32);
    writeSync(file, content, 0, piece, at);
  }
  const time = Math.floor(Date.now() / 1000) - 1_000 + round;
  futimesSync(file, time, time);
  closeSync(file);
}
