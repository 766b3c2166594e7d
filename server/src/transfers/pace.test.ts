import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { blockBytesFor, copyBytes, copyInstruction } from '../contract/differences';
import { applyDelta } from './applyDelta';
import { receiveInboxFile } from './inboxFile';
import { atPace } from './pace';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

const limits = { windowMs: 1_000, minBytes: 4_096 };
const size = 1 << 20;

async function* bodyOf(...parts: Uint8Array[]): AsyncGenerator<Uint8Array, undefined> {
  yield* parts;
}

/** The instruction to copy all blocks of the basis. */
function wholeBasis(): Buffer {
  const copy = Buffer.alloc(copyBytes);
  copy.writeUInt8(copyInstruction, 0);
  copy.writeUInt32BE(size / blockBytesFor(size), 5);
  return copy;
}

/** An upload of differences of these parts. */
async function startUpload(...parts: Uint8Array[]) {
  const file = join(temporaryFolder(), 'basis');
  await writeFile(file, Buffer.alloc(size));
  const handle = await open(file);
  onTestFinished(() => handle.close());
  const stop = new AbortController();
  const progress = { bytes: 0 };
  const body = atPace(bodyOf(...parts), limits, stop, progress);
  return { stop, made: applyDelta(body, { handle, size }, { signal: stop.signal, progress }) };
}

test('the blocks that a delta copies are progress, until the request ends', async () => {
  const { stop, made } = await startUpload(wholeBasis());
  for (let piece = 0; piece < 2; piece++) {
    expect((await made.next()).value).toHaveLength(256 << 10);
    vi.advanceTimersByTime(limits.windowMs);
    expect(stop.signal.aborted).toBe(false);
  }
  vi.advanceTimersByTime(limits.windowMs);
  await expect(made.next()).rejects.toThrow('the upload has brought 0 bytes');
});

test.each([
  ['has more bytes than declared', wholeBasis(), 'is larger than declared'],
  ['is not valid', Buffer.from('x'), 'has an unknown instruction'],
])('a delta that %s is watched no longer', async (_, delta, fault) => {
  const { stop, made } = await startUpload(delta, delta);
  const target = { inbox: temporaryFolder(), path: 'a', size: size - 1, offset: 0, signal: stop.signal };
  await expect(receiveInboxFile(target, made)).rejects.toThrow(fault);
  expect(vi.getTimerCount()).toBe(0);
});
