import { createHash } from 'node:crypto';
import type { ByteRange } from './byteRange';
import type { OpenContent } from './openContent';

const pieceBytes = 256 << 10;

/** For a range that is all of the content. */
interface WholeContent {
  /** SHA-256 in hex. */
  readonly hash: string;
  /** Called before the stream fails because the content is damaged. */
  readonly onDamage: () => void;
}

/**
 * Streams part of an open content and closes it at the end, even after an error or a cancellation. It reads nothing ahead, so a
 * slow reader costs one piece of memory.
 * The hash of whole content is checked before the last piece, so that a damaged one never ends like a good one.
 */
export function byteStream(
  content: OpenContent,
  { start, end }: ByteRange,
  whole?: WholeContent,
): ReadableStream<Uint8Array> {
  const digest = whole === undefined ? undefined : createHash('sha256');
  let position = start;
  const next = async (): Promise<Uint8Array> => {
    const bytes = await content.read(position, Math.min(pieceBytes, end - position)).catch(() => undefined);
    if (bytes !== undefined) {
      position += bytes.length;
      digest?.update(bytes);
      if (position < end || digest?.digest('hex') === whole?.hash) return bytes;
    }
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
          await content.close();
          throw error;
        }
        await content.close();
        controller.close();
      },
      cancel: () => content.close(),
    },
    { highWaterMark: 0 },
  );
}
