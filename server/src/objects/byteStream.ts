import type { FileHandle } from 'node:fs/promises';
import type { ByteRange } from './byteRange';

const chunkBytes = 256 << 10;

/**
 * Streams part of an open file and closes the file at the end, also after an error or a cancellation. It reads nothing
 * ahead, so a slow reader holds one chunk in memory.
 */
export function byteStream(handle: FileHandle, { start, end }: ByteRange): ReadableStream<Uint8Array> {
  let position = start;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const length = Math.min(chunkBytes, end - position);
          const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, position);
          if (bytesRead === 0) throw new Error('the file is shorter than expected');
          position += bytesRead;
          controller.enqueue(buffer.subarray(0, bytesRead));
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
