import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { WireError } from '../errors';
import { InboxFolders } from '../sessions/inboxFolders';

const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const pieceBytes = 256 << 10;
const missing = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

export interface OpenFile {
  readonly handle: FileHandle;
  /** Bytes. */
  readonly size: number;
}

/** Opens a file of a session's folder; undefined if it has none at `path`. No symlink is followed. The caller closes it. */
export async function openSessionFile(folder: string, path: string): Promise<OpenFile | undefined> {
  const file = `${folder}/${path}`;
  if (!new InboxFolders(folder).isSymlinkFree(file.slice(0, file.lastIndexOf('/')))) return undefined;
  let handle: FileHandle;
  try {
    handle = await open(file, openFlags);
  } catch (error) {
    if (missing.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  const stats = await handle.stat();
  if (stats.isFile()) return { handle, size: stats.size };
  await handle.close();
  return undefined;
}

export interface Streamed {
  readonly signal: AbortSignal;
  /** Closes the connection. */
  readonly cut: () => void;
  /** Called once, when the file is closed. */
  readonly onEnd: (outcome: 'done' | 'failed') => void;
}

interface Range {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Streams a part of an open file, and closes it. */
export function fileStream(file: OpenFile, { start, end }: Range, streamed: Streamed): ReadableStream<Uint8Array> {
  return closingStream(file, piecesOf(file, start, end), streamed);
}

async function* piecesOf({ handle }: OpenFile, start: number, end: number): AsyncGenerator<Uint8Array, undefined> {
  for (let position = start; position < end;) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(pieceBytes, end - position));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) throw new WireError('internal', 'the file became shorter');
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Streams pieces that come from an open file, and closes it. It asks for none ahead, so a slow reader costs one in memory. */
export function closingStream(
  { handle }: OpenFile,
  pieces: AsyncIterator<Uint8Array, undefined>,
  { signal, cut, onEnd }: Streamed,
): ReadableStream<Uint8Array> {
  let isOpen = true;
  const close = async (outcome: 'done' | 'failed'): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await handle.close();
    onEnd(outcome);
  };
  // A client that does not read calls for nothing, and its request would never end.
  const onAbort = (): void => {
    if (isOpen) cut();
    void close('failed');
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await pieces.next();
          if (done !== true) return controller.enqueue(value);
        } catch (error) {
          // The connection has been cut, and nobody reads.
          if (signal.aborted) return;
          await close('failed');
          throw error;
        }
        await close('done');
        controller.close();
      },
      cancel: () => close('failed'),
    },
    { highWaterMark: 0 },
  );
}
