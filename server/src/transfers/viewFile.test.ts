import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { fileStream, openSessionFile } from './viewFile';

test('a file of a request that has ended before is closed at once, with its connection', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a'), 'content');
  const file = (await openSessionFile(folder, 'a')) ?? expect.fail();
  const ended = Promise.withResolvers<string>();
  let isCut = false;
  const signal = AbortSignal.abort();
  fileStream(file, { start: 0, end: 7 }, { signal, cut: () => (isCut = true), onEnd: ended.resolve });
  expect(await ended.promise).toBe('failed');
  expect([isCut, file.handle.fd]).toEqual([true, -1]);
});

test.each(['read', 'cut'])('a file that cannot be closed is %s as any other, and its request ends', async (how) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a'), 'content');
  const file = (await openSessionFile(folder, 'a')) ?? expect.fail();
  const close = vi.spyOn(file.handle, 'close').mockRejectedValue(new Error('EIO: i/o error, close'));
  const ended = Promise.withResolvers<string>();
  const stop = new AbortController();
  const streamed = { signal: stop.signal, cut: () => undefined, onEnd: ended.resolve };
  const stream = fileStream(file, { start: 0, end: 7 }, streamed);
  if (how === 'cut') stop.abort();
  else expect(await text(stream)).toBe('content');
  expect(await ended.promise).toBe(how === 'cut' ? 'failed' : 'done');
  close.mockRestore();
  await file.handle.close();
});
