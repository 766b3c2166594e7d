import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { ByteRange } from './byteRange';

const chunkBytes = 256 << 10;

/** For a range that is all of the file. */
interface WholeContent {
  /** SHA-256 in hex. */
  readonly hash: string;
  /** Called before the stream fails because the file has other content. */
  readonly onDamage: () => void;
}

/**
 * Streams part of an open file and closes the file at the end, also after an error or a cancellation. It reads nothing
 * ahead, so a slow reader costs one chunk of memory.
 * The hash of whole content is checked before the last chunk, so that a damaged file never ends like a good one.
 */
export function byteStream(
  handle: FileHandle,
  { start, end }: ByteRange,
  whole?: WholeContent,
): ReadableStream<Uint8Array> {
  const digest = whole === undefined ? undefined : createHash('sha256');
  let position = start;
  const next = async (): Promise<Uint8Array> => {
    const length = Math.min(chunkBytes, end - position);
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, position);
    position += bytesRead;
    const bytes = buffer.subarray(0, bytesRead);
    digest?.update(bytes);
    if (bytesRead > 0 && (position < end || digest?.digest('hex') === whole?.hash)) return bytes;
    whole?.onDamage();
    throw new Error('the stored content is damaged');
  };
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          controller.enqueue(await next());
          if (position < end) return;
        } catch (error) {
          await handle.close();
          throw error;
        }
        await handle.close();
        controller.close();
      },
      cancel: () => handle.close(),
    },
    { highWaterMark: 0 },
  );
}
