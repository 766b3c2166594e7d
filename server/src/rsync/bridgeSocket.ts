import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { WebSocket } from 'ws';
import { limitFrames } from './frameLimits';
import { SocketGate } from './socketGate';

const writeBytes = 64 << 10;
const highWaterBytes = 4 << 20;
const lowWaterBytes = 1 << 20;

/**
 * Connects a WebSocket to a process's stdin and stdout. Each side is paused while the other is behind, so memory stays
 * bounded. Calls `onFlood` for a client that sends far too many pings or pongs.
 */
export function bridgeSocket(
  socket: WebSocket,
  process: ChildProcessWithoutNullStreams,
  onBytes: (direction: 'in' | 'out', bytes: Buffer) => void,
  onFlood: (reason: string) => void,
): void {
  const { stdin, stdout } = process;
  const gate = new SocketGate(socket);
  limitFrames(socket, gate, onFlood);

  let received: Buffer[] = [];
  let receivedBytes = 0;
  // A write takes far longer than a small message. All messages that arrive together are written at once.
  const writeReceived = (): void => {
    if (received.length === 0) return;
    const [first = Buffer.alloc(0)] = received;
    const bytes = received.length === 1 ? first : Buffer.concat(received);
    received = [];
    receivedBytes = 0;
    if (stdin.writable && !stdin.write(bytes)) gate.close('process');
  };
  socket.on('message', (message) => {
    const bytes = message as Buffer;
    onBytes('in', bytes);
    received.push(bytes);
    if ((receivedBytes += bytes.length) >= writeBytes) writeReceived();
    else if (received.length === 1) queueMicrotask(writeReceived);
  });
  stdin.on('drain', () => gate.open('process'));
  // rsync may end while the client still sends. Its exit code tells how it ended.
  stdin.on('error', () => gate.open('process'));
  stdin.on('close', () => gate.open('process'));

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
