import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { bridgeSocket } from './bridgeSocket';

/** A WebSocket whose peer reads only when the test calls `read`. */
class SlowSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  isPaused = false;
  sent = 0;
  #waiting: (() => void)[] = [];

  send(bytes: Buffer, _options: unknown, onSent: () => void): void {
    this.bufferedAmount += bytes.length;
    this.#waiting.push(() => {
      this.bufferedAmount -= bytes.length;
      this.sent += bytes.length;
      onSent();
    });
  }

  read(): void {
    for (const done of this.#waiting.splice(0)) done();
  }

  pause(): void {
    this.isPaused = true;
    this.emit('paused');
  }

  resume(): void {
    this.isPaused = false;
  }
}

let child: ChildProcessWithoutNullStreams;
afterEach(() => child.kill('SIGKILL'));

const start = (command: string, ...args: string[]) => {
  const socket = new SlowSocket();
  child = spawn(command, args);
  bridgeSocket(
    socket as unknown as WebSocket,
    child,
    () => undefined,
    () => undefined,
  );
  return socket;
};

test('a client that reads nothing pauses the process, and gets all output when it reads', async () => {
  const bytes = 64 << 20;
  const socket = start('head', '-c', String(bytes), '/dev/zero');
  await once(child.stdout, 'pause');
  expect(socket.bufferedAmount).toBeLessThan(5 << 20);
  const ended = once(child.stdout, 'end').then(() => true);
  const turn = () => new Promise<false>((resolve) => setImmediate(() => resolve(false)));
  let maxBuffered = 0;
  while (!(await Promise.race([ended, turn()]))) {
    maxBuffered = Math.max(maxBuffered, socket.bufferedAmount);
    socket.read();
  }
  socket.read();
  expect(socket.sent).toBe(bytes);
  expect(maxBuffered).toBeLessThan(5 << 20);
});

test('a process that reads nothing pauses the client until it reads', async () => {
  const socket = start('sh', '-c', 'read line; cat > /dev/null');
  const chunk = Buffer.alloc(64 << 10, 'x');
  const paused = once(socket, 'paused');
  let sent = 0;
  while (!socket.isPaused) {
    socket.emit('message', chunk);
    sent += chunk.length;
  }
  await paused;
  expect(sent).toBeLessThan(5 << 20);
  socket.emit('message', Buffer.from('\n'));
  await once(child.stdin, 'drain');
  expect(socket.isPaused).toBe(false);
});

test('a client that has disconnected does not keep the process from ending', async () => {
  const socket = start('head', '-c', String(64 << 20), '/dev/zero');
  await once(child.stdout, 'pause');
  socket.readyState = 3;
  socket.emit('close', 1006);
  expect(await once(child, 'close')).toEqual([0, null]);
});

test('messages of one byte that arrive together reach the process in one write', async () => {
  const socket = start('head', '-c', '9000');
  const write = vi.spyOn(child.stdin, 'write');
  const output: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => output.push(bytes));
  for (let at = 0; at < 9_000; at++) socket.emit('message', Buffer.from([at % 251]));
  await once(child, 'close');
  expect(write).toHaveBeenCalledTimes(1);
  expect(Buffer.concat(output)).toEqual(Buffer.from(Array.from({ length: 9_000 }, (_, at) => at % 251)));
});
