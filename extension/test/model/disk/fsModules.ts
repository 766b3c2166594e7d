import type * as fs from 'node:fs';
import type { MakeDirectoryOptions, PathLike, RmOptions, WriteFileOptions } from 'node:fs';
import { join } from 'node:path';
import { realFs } from './realFs';
import {
  announce,
  changeName,
  computerOf,
  makeFolderRecorded,
  removeFolderRecorded,
  renameRecorded,
} from './simulatedDisk';
import { SimulatedHandle } from './simulatedHandle';

type Sync = (...args: never[]) => unknown;

/** Calls that only read. A crashed computer answers none of them. */
const readers = ['readFileSync', 'readdirSync', 'readlinkSync', 'realpathSync', 'opendirSync'] as const;
const stats = ['statSync', 'lstatSync', 'existsSync', 'accessSync', 'statfsSync'] as const;
/** Changes of an inode that a power loss may lose without harm to what is promised. */
const attributes = ['chmodSync', 'utimesSync', 'lutimesSync', 'chownSync'] as const;

function announced<F extends Sync>(call: F, kind: 'read' | 'write'): F {
  const wrapped = (path: PathLike | number, ...rest: unknown[]): unknown => {
    announce(path, kind);
    return (call as unknown as (...args: unknown[]) => unknown)(path, ...rest);
  };
  return Object.assign(wrapped, call);
}

function isWriting(flags: string | number | undefined): boolean {
  if (typeof flags === 'string') return /[wa+]/.test(flags);
  const { O_WRONLY, O_RDWR, O_CREAT } = realFs.constants;
  return ((flags ?? 0) & (O_WRONLY | O_RDWR | O_CREAT)) !== 0;
}

/** `node:fs` on the simulated disk. */
export function simulatedFs(): typeof fs {
  const simulated: Record<string, unknown> = { ...realFs };
  for (const name of readers) simulated[name] = announced(realFs[name] as Sync, 'read');
  // A probe is no step of a command: only the crash concerns it.
  for (const name of stats) simulated[name] = alive(realFs[name] as Sync);
  for (const name of attributes) simulated[name] = announced(realFs[name] as Sync, 'write');
  Object.assign(simulated, changes, { watch: () => ({ on: () => undefined, close: () => undefined }) });
  return { ...simulated, default: simulated } as unknown as typeof fs;
}

function alive<F extends Sync>(call: F): F {
  const wrapped = (path: PathLike, ...rest: unknown[]): unknown => {
    if (computerOf(path)?.isDead === true) announce(path, 'read');
    return (call as unknown as (...args: unknown[]) => unknown)(path, ...rest);
  };
  return Object.assign(wrapped, call);
}

const changes = {
  openSync(path: string, flags?: string | number, mode?: number): number {
    announce(path, isWriting(flags) ? 'write' : 'read');
    const isNew = isWriting(flags) && !realFs.existsSync(path);
    const open = (): number => realFs.openSync(path, flags ?? 'r', mode);
    return isNew ? changeName(path, open) : open();
  },

  writeFileSync(path: string, content: string | NodeJS.ArrayBufferView, options?: WriteFileOptions): void {
    const isShort = announce(path, 'write');
    const bytes = Buffer.from(content as string);
    const write = (): void =>
      realFs.writeFileSync(path, isShort ? bytes.subarray(0, bytes.length / 2) : bytes, options);
    if (realFs.existsSync(path)) write();
    else changeName(path, write);
    computerOf(path)?.wrote(path);
    const isFlushed = typeof options === 'object' && options !== null && options.flush === true;
    if (isShort) throw Object.assign(new Error('ENOSPC: simulated'), { code: 'ENOSPC' });
    if (isFlushed) computerOf(path)?.flushed(realFs.statSync(path, { bigint: true }).ino);
  },

  copyFileSync(from: string, to: string, mode?: number): void {
    announce(to, 'write');
    changeName(to, () => realFs.copyFileSync(from, to, mode));
    computerOf(to)?.wrote(to);
  },

  renameSync(from: string, to: string): void {
    announce(to, 'write');
    renameRecorded(from, to);
  },

  linkSync(from: string, to: string): void {
    announce(to, 'write');
    changeName(to, () => realFs.linkSync(from, to));
  },

  symlinkSync(target: string, path: string): void {
    announce(path, 'write');
    changeName(path, () => realFs.symlinkSync(target, path));
  },

  unlinkSync(path: string): void {
    announce(path, 'read');
    changeName(path, () => realFs.unlinkSync(path));
  },

  truncateSync(path: string, length?: number): void {
    announce(path, 'write');
    realFs.truncateSync(path, length);
    computerOf(path)?.wrote(path);
  },

  mkdirSync(path: string, options?: MakeDirectoryOptions | number): string | undefined {
    announce(path, 'write');
    const { recursive = false, mode } = typeof options === 'object' ? options : { mode: options };
    return makeFolderRecorded(path, mode as number | undefined, recursive);
  },

  mkdtempSync(prefix: string): string {
    announce(prefix, 'write');
    return realFs.mkdtempSync(prefix);
  },

  rmdirSync(path: string): void {
    announce(path, 'read');
    removeFolderRecorded(path);
  },

  rmSync(path: string, { recursive = false, force = false }: RmOptions = {}): void {
    announce(path, 'read');
    const found = realFs.lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return force ? undefined : realFs.rmSync(path);
    if (!found.isDirectory()) return changes.unlinkSync(path);
    if (!recursive) return realFs.rmSync(path);
    for (const name of realFs.readdirSync(path)) changes.rmSync(join(path, name), { recursive, force });
    removeFolderRecorded(path);
  },
};

/**
 * `node:fs/promises` on the simulated disk. Each call is done at once, so that the order of calls, and with it the call at
 * which a fault happens, is the same in each run.
 */
export function simulatedPromises(): Record<string, unknown> {
  const simulated = simulatedFs() as unknown as Record<string, Sync>;
  const promises: Record<string, unknown> = { constants: realFs.constants };
  for (const [name, call] of Object.entries(simulated)) {
    if (!name.endsWith('Sync') || typeof call !== 'function') continue;
    promises[name.slice(0, -'Sync'.length)] = (...args: never[]) => settled(() => call(...args));
  }
  promises['open'] = (path: string, flags?: string | number, mode?: number) =>
    settled(() => new SimulatedHandle(path, changes.openSync(path, flags, mode)));
  promises['writeFile'] = async (path: string, content: Content, options?: WriteFileOptions): Promise<void> => {
    changes.writeFileSync(path, await bytesOf(content), options);
  };
  return { ...promises, default: promises };
}

type Content = string | Uint8Array | Iterable<string> | AsyncIterable<string>;

async function bytesOf(content: Content): Promise<Uint8Array> {
  if (typeof content === 'string' || content instanceof Uint8Array) return Buffer.from(content);
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

function settled<T>(call: () => T): Promise<T> {
  try {
    return Promise.resolve(call());
  } catch (error) {
    return Promise.reject(error);
  }
}
