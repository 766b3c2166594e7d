import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { socketState, type RsyncSocket } from '../contract/frameSocket';
import { limitFrames } from './frameLimits';
import { SocketGate } from './socketGate';

const writeBytes = 64 << 10;
/** Messages that are smaller, on the average, are copied into one. */
const copiedBytes = 4 << 10;
const highWaterBytes = 4 << 20;
const lowWaterBytes = 1 << 20;

/**
 * Connects a socket to a process's stdin and stdout. Each side is paused while the other is behind, so memory stays
 * bounded. Calls `onFlood` for a client that sends far too many pings or pongs.
 */
export function bridgeSocket(
  socket: RsyncSocket,
  process: ChildProcessWithoutNullStreams,
  onBytes: (direction: 'in' | 'out', bytes: Buffer) => void,
  onFlood: (reason: string) => void,
): void {
  const { stdin, stdout } = process;
  const gate = new SocketGate(socket);
  limitFrames(socket, gate, onFlood);

  let received: Buffer[] = [];
  let receivedBytes = 0;
  // A write takes far longer than a small message. All messages that arrive together are written at once, large ones as they
  // are.
  const writeReceived = (): void => {
    if (received.length === 0) return;
    const pieces = receivedBytes / received.length < copiedBytes ? [Buffer.concat(received)] : received;
    received = [];
    receivedBytes = 0;
    if (!stdin.writable) return;
    stdin.cork();
    for (const piece of pieces) if (!stdin.write(piece)) gate.close('process');
    stdin.uncork();
  };
  socket.on('message', (bytes) => {
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
    if (socket.readyState !== socketState.open) return;
    socket.send(bytes, { binary: true, compress: false }, onSent);
    if (socket.bufferedAmount > highWaterBytes) stdout.pause();
  });
  // While its stdout is paused, the process emits no 'close' event.
  socket.on('close', () => stdout.resume());
}
