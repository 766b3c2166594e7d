import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { WebSocket } from 'ws';

const highWaterBytes = 4 << 20;
const lowWaterBytes = 1 << 20;

/**
 * Joins a WebSocket to a process's stdin and stdout. Memory stays bounded: each side is paused while the other
 * is behind. `onBytes` hears of progress only.
 */
export function bridgeSocket(
  socket: WebSocket,
  process: ChildProcessWithoutNullStreams,
  onBytes: (direction: 'in' | 'out', bytes: Buffer) => void,
): void {
  const { stdin, stdout } = process;

  socket.on('message', (message) => {
    const bytes = message as Buffer;
    onBytes('in', bytes);
    if (stdin.writable && !stdin.write(bytes)) socket.pause();
  });
  stdin.on('drain', () => socket.resume());
  // rsync may end while the client still sends; how it ended is told by its exit code.
  stdin.on('error', () => socket.resume());
  stdin.on('close', () => socket.resume());

  const onSent = (): void => {
    if (stdout.isPaused() && socket.bufferedAmount < lowWaterBytes) stdout.resume();
  };
  stdout.on('data', (bytes: Buffer) => {
    onBytes('out', bytes);
    if (socket.readyState !== socket.OPEN) return;
    socket.send(bytes, { binary: true, compress: false }, onSent);
    if (socket.bufferedAmount > highWaterBytes) stdout.pause();
  });
  // Else a paused stdout would keep the process from ever being seen to end.
  socket.on('close', () => stdout.resume());
}
