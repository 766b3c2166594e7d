import { parentOf } from '../contract/paths';
import { closeRead, openFile, type OpenFile } from '../objects/content';
import { fileContent, piecesOf } from '../objects/openContent';
import { InboxFolders } from '../sessions/inboxFolders';

/** Opens a file of a session's folder; undefined if it has none at `path`. No symlink is followed. The caller closes it. */
export async function openSessionFile(folder: string, path: string): Promise<OpenFile | undefined> {
  const file = `${folder}/${path}`;
  if (!new InboxFolders(folder).isSymlinkFree(parentOf(file))) return undefined;
  return openFile(file);
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
  return closingStream(file, piecesOf(fileContent(file.handle, start), end - start), streamed);
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
    await closeRead(handle);
    onEnd(outcome);
  };
  // A client that does not read calls for nothing, and its request would never end.
  const onAbort = (): void => {
    if (isOpen) cut();
    void close('failed');
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
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
