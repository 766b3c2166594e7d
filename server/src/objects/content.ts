import { createHash, hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

export interface Content {
  /** SHA-256 in hex. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
}

/** A client may have made the file, so a symlink is not followed, and opening a pipe does not block. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const bufferBytes = 1 << 20;
const maxSmallBytes = 64 << 10;

/** Small content is read synchronously, which is faster. */
export function isSmall(content: Content): boolean {
  return content.size <= maxSmallBytes;
}

/** Whether `file` is a regular file with exactly this content. */
export async function hasContent(file: string, content: Content): Promise<boolean> {
  return (await verifiedStats(file, content)) !== undefined;
}

type StatsFilter = (stats: BigIntStats) => boolean;

const acceptAll: StatsFilter = () => true;

/**
 * The stats of `file` if it is a regular file with exactly this content, else undefined. The file is read only if
 * `accept` returns true for its stats.
 */
export async function verifiedStats(
  file: string,
  content: Content,
  accept = acceptAll,
): Promise<BigIntStats | undefined> {
  if (isSmall(content)) return verifiedStatsOfSmall(file, content, accept);
  const handle = await openContent(file, content);
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat({ bigint: true });
    if (!accept(stats)) return undefined;
    const digest = createHash('sha256');
    const buffer = Buffer.allocUnsafe(bufferBytes);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, bufferBytes, null);
      if (bytesRead === 0) return digest.digest('hex') === content.hash ? stats : undefined;
      digest.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await closeRead(handle);
  }
}

/** `verifiedStats` for small content, synchronously. */
export function verifiedStatsOfSmall(file: string, content: Content, accept = acceptAll): BigIntStats | undefined {
  return verifiedSmall(file, content, accept)?.stats;
}

/** The bytes of `file` if it is a regular file with exactly this small content, else undefined. */
export function readSmall(file: string, content: Content): Buffer | undefined {
  return verifiedSmall(file, content, acceptAll)?.bytes;
}

function verifiedSmall(
  file: string,
  content: Content,
  accept: StatsFilter,
): { readonly stats: BigIntStats; readonly bytes: Buffer } | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, openFlags);
  } catch (error) {
    rethrowUnlessUnreadable(error);
    return undefined;
  }
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    if (!stats.isFile() || stats.size !== BigInt(content.size) || !accept(stats)) return undefined;
    const bytes = Buffer.allocUnsafe(content.size);
    const isComplete = readSync(descriptor, bytes, 0, content.size, 0) === content.size;
    return isComplete && hash('sha256', bytes, 'hex') === content.hash ? { stats, bytes } : undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** Opens `file` if it is a regular file of the content's size. It does not verify the content. */
export async function openContent(file: string, { size }: Pick<Content, 'size'>): Promise<FileHandle | undefined> {
  const opened = await openFile(file);
  if (opened === undefined || opened.size === size) return opened?.handle;
  await closeRead(opened.handle);
  return undefined;
}

export interface OpenFile {
  readonly handle: FileHandle;
  /** Bytes. */
  readonly size: number;
}

/** Opens `file` if it is a regular file. The caller closes it. */
export async function openFile(file: string): Promise<OpenFile | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, openFlags);
  } catch (error) {
    rethrowUnlessUnreadable(error);
    return undefined;
  }
  try {
    const stats = await handle.stat();
    if (stats.isFile()) return { handle, size: stats.size };
  } catch (error) {
    await closeRead(handle);
    throw error;
  }
  await closeRead(handle);
  return undefined;
}

/** Closes a file that was only read: an error of close(2), as network disks have them, then loses nothing. */
export async function closeRead(handle: FileHandle): Promise<void> {
  await handle.close().catch(() => undefined);
}

/** Errors of open(2) that mean the path is not a readable regular file. Any other error is the server's own. */
const unreadableCodes = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO', 'EACCES']);

function rethrowUnlessUnreadable(error: unknown): void {
  if (!unreadableCodes.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
}
