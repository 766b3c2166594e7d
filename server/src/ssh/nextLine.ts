import type { Socket } from 'node:net';
import type * as z from 'zod';

const maxLineBytes = 64 << 10;
/** The time, in milliseconds, in which the first line of a connection comes. */
export const firstLineMs = 15_000;

export class LineTimeout extends Error {
  override readonly name = 'LineTimeout';
}

/**
 * The next line that arrives, after which the other end waits for an answer. Rejects if it sends more or closes the
 * connection, and with LineTimeout if there is a `deadlineMs` and it is too slow.
 */
export function nextLine(socket: Socket, deadlineMs?: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const onTimeout = (): void => settle(() => reject(new LineTimeout('the line did not come in time')));
    const timer = deadlineMs === undefined ? undefined : setTimeout(onTimeout, deadlineMs);
    const onClose = (): void => settle(() => reject(new Error('the connection was closed')));
    const onData = (piece: Buffer): void => {
      pieces.push(piece);
      length += piece.length;
      const end = piece.indexOf('\n');
      if (end === -1 && length <= maxLineBytes) return;
      if (end !== piece.length - 1) return settle(() => reject(new Error('this is not one line')));
      settle(() => resolve(Buffer.concat(pieces).toString()));
    };
    function settle(done: () => void): void {
      clearTimeout(timer);
      socket.off('data', onData).off('end', onClose).off('close', onClose);
      done();
    }
    socket.on('data', onData).once('end', onClose).once('close', onClose);
  });
}

export function parsedLine<S extends z.ZodType>(schema: S, line: string): z.infer<S> {
  return schema.parse(JSON.parse(line));
}
