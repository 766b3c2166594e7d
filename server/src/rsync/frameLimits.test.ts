import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { limitFrames } from './frameLimits';
import { SocketGate } from './socketGate';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function limited() {
  const socket = Object.assign(new EventEmitter(), { pause: vi.fn(), resume: vi.fn() });
  const onFlood = vi.fn();
  limitFrames(socket as unknown as WebSocket, new SocketGate(socket), onFlood);
  const receive = (count: number, bytes: number): void => {
    for (let index = 0; index < count; index++) socket.emit('message', Buffer.alloc(bytes));
  };
  return { socket, onFlood, receive };
}

test('a client that sends very many small messages has to wait', () => {
  const { socket, receive } = limited();
  receive(50_000, 1);
  expect(socket.pause).not.toHaveBeenCalled();
  receive(20_000, 1);
  expect(socket.pause).toHaveBeenCalledTimes(1);
  expect(socket.resume).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_100);
  expect(socket.resume).toHaveBeenCalledTimes(1);
});

test('a client that sends many large messages, or small ones over a long time, does not have to wait', () => {
  const { socket, receive } = limited();
  receive(100_000, 512);
  for (let second = 0; second < 60; second++) {
    receive(10_000, 4);
    vi.advanceTimersByTime(1_000);
  }
  expect(socket.pause).not.toHaveBeenCalled();
});

test.each(['ping', 'pong'])('a flood of %ss is noticed, and those of an honest client are none', (frame) => {
  const { socket, onFlood } = limited();
  for (let count = 0; count < 10_000; count++) {
    socket.emit(frame);
    vi.advanceTimersByTime(1_000);
  }
  expect(onFlood).not.toHaveBeenCalled();
  for (let count = 0; count < 102; count++) socket.emit(frame);
  expect(onFlood).toHaveBeenCalledWith('too many pings or pongs');
});
