import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
