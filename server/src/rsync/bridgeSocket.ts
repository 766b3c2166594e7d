import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { WebSocket } from 'ws';

const highWaterBytes = 4 << 20;
const lowWaterBytes = 1 << 20;

/**
 * Connects a WebSocket to a process's stdin and stdout. Each side is paused while the other is behind, so memory stays
 * bounded.
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
  // rsync may end while the client still sends. Its exit code tells how it ended.
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
  // While its stdout is paused, the process emits no 'close' event.
  socket.on('close', () => stdout.resume());
}
