import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { eventually } from '../../test/eventually';
import { zstdDecoded } from './fileCoding';

/** A body that brings `bytes`, and then nothing more. */
function bodyOf(bytes: string): Readable {
  const body = new Readable({ read: () => undefined });
  body.push(bytes);
  return body.on('error', () => undefined);
}

async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) expect(piece).toBeDefined();
}

test('bytes that are not valid fail their reader, even if it begins later', async () => {
  const body = bodyOf('garbage');
  const decoded = zstdDecoded(body);
  await eventually(() => expect(body.listenerCount('data')).toBe(0));
  await expect(readAll(decoded)).rejects.toMatchObject({ code: 'invalid_request' });
});

test('a body that fails before its reader begins, or before it is decoded, fails the reader', async () => {
  const body = bodyOf('');
  const decoded = zstdDecoded(body);
  const closed = new Promise((resolve) => body.once('close', resolve));
  body.destroy(new Error('the client has gone'));
  await closed;
  await expect(readAll(decoded)).rejects.toThrow('the client has gone');
  await expect(readAll(zstdDecoded(body))).rejects.toThrow('the client has gone');
});
