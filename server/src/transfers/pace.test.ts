import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { blockBytesFor, copyBytes, copyInstruction } from '../contract/differences';
import { applyDelta } from './applyDelta';
import { atPace } from './pace';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

const limits = { windowMs: 1_000, minBytes: 4_096 };
const size = 1 << 20;

async function* bodyOf(...parts: Uint8Array[]): AsyncGenerator<Uint8Array, undefined> {
  yield* parts;
}

test('the blocks that a delta copies are progress, until the request ends', async () => {
  const file = join(temporaryFolder(), 'basis');
  await writeFile(file, Buffer.alloc(size));
  const copy = Buffer.alloc(copyBytes);
  copy.writeUInt8(copyInstruction, 0);
  copy.writeUInt32BE(size / blockBytesFor(size), 5);
  const stop = new AbortController();
  const progress = { bytes: 0 };
  const handle = await open(file);
  const body = atPace(bodyOf(copy), limits, stop, progress);
  const made = applyDelta(body, { handle, size }, { signal: stop.signal, progress });
  for (let piece = 0; piece < 2; piece++) {
    expect((await made.next()).value).toHaveLength(256 << 10);
    vi.advanceTimersByTime(limits.windowMs);
    expect(stop.signal.aborted).toBe(false);
  }
  vi.advanceTimersByTime(limits.windowMs);
  await expect(made.next()).rejects.toThrow('the upload has brought 0 bytes');
  await handle.close();
});
