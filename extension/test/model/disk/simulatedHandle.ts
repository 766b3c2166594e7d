import type { BigIntStats, Stats } from 'node:fs';
import { realFs } from './realFs';
import { announce, computerOf } from './simulatedDisk';

/** The part of a FileHandle that Palmtree uses, on the simulated disk. */
export class SimulatedHandle {
  readonly #path: string;
  readonly fd: number;

  constructor(path: string, fd: number) {
    this.#path = path;
    this.fd = fd;
  }

  async stat(options?: { bigint?: boolean }): Promise<Stats | BigIntStats> {
    return realFs.fstatSync(this.fd, options as { bigint: true });
  }

  async read(buffer: Uint8Array, offset = 0, length = buffer.byteLength - offset, position: number | null = null) {
    announce(this.#path, 'read');
    return { bytesRead: realFs.readSync(this.fd, buffer, offset, length, position), buffer };
  }

  async readFile(): Promise<Buffer> {
    announce(this.#path, 'read');
    return realFs.readFileSync(this.fd);
  }

  async writeFile(content: string | Uint8Array | Iterable<string>): Promise<void> {
    const isShort = announce(this.#path, 'write');
    const parts = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
    const bytes = Buffer.concat([...parts].map((part) => Buffer.from(part as string)));
    realFs.writeFileSync(this.fd, isShort ? bytes.subarray(0, bytes.length / 2) : bytes);
    computerOf(this.#path)?.wrote(this.#path);
    if (isShort) throw Object.assign(new Error('ENOSPC: simulated'), { code: 'ENOSPC' });
  }

  async chmod(mode: number): Promise<void> {
    announce(this.#path, 'write');
    realFs.fchmodSync(this.fd, mode);
  }

  async utimes(atime: number, mtime: number): Promise<void> {
    announce(this.#path, 'write');
    realFs.futimesSync(this.fd, atime, mtime);
  }

  async sync(): Promise<void> {
    announce(this.#path, 'flush');
    computerOf(this.#path)?.flushed(realFs.fstatSync(this.fd, { bigint: true }).ino);
  }

  async close(): Promise<void> {
    realFs.closeSync(this.fd);
  }
}
