import { createHash, hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

export interface Content {
  readonly hash: string;
  readonly size: number;
}

/** A name that some client chose is never followed as a link, and never waited for as a pipe. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const bufferBytes = 1 << 20;
const smallBytes = 64 << 10;

export function isSmall(content: Content): boolean {
  return content.size <= smallBytes;
}

/** Whether a regular file with exactly this content stands at `file`. */
export async function hasContent(file: string, content: Content): Promise<boolean> {
  return (await verifiedStats(file, content)) !== undefined;
}

type Suits = (stats: BigIntStats) => boolean;

const any: Suits = () => true;

/** The stats of a regular file at `file` with exactly this content; it is read only when they suit. */
export async function verifiedStats(file: string, content: Content, suits = any): Promise<BigIntStats | undefined> {
  if (isSmall(content)) return verifiedStatsOfSmall(file, content, suits);
  const handle = await openContent(file, content);
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat({ bigint: true });
    if (!suits(stats)) return undefined;
    const digest = createHash('sha256');
    const buffer = Buffer.allocUnsafe(bufferBytes);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, bufferBytes, null);
      if (bytesRead === 0) return digest.digest('hex') === content.hash ? stats : undefined;
      digest.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

/** See `statsOfHolder`; of a small one. */
export function verifiedStatsOfSmall(file: string, content: Content, suits = any): BigIntStats | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, openFlags);
  } catch (error) {
    absent(error);
    return undefined;
  }
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    if (!stats.isFile() || stats.size !== BigInt(content.size) || !suits(stats)) return undefined;
    const buffer = Buffer.allocUnsafe(content.size);
    const bytes = readSync(descriptor, buffer, 0, content.size, 0);
    return bytes === content.size && hash('sha256', buffer, 'hex') === content.hash ? stats : undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** Opens `file` when a regular file of the content's size stands there; it does not read it. */
export async function openContent(file: string, { size }: Pick<Content, 'size'>): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, openFlags);
  } catch (error) {
    absent(error);
    return undefined;
  }
  try {
    const stats = await handle.stat();
    if (stats.isFile() && stats.size === size) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/** What the open of something else than a readable file says; any other error is not about the content. */
const absentCodes = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO', 'EACCES']);

function absent(error: unknown): void {
  if (!absentCodes.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
}
