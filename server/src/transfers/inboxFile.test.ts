import { chmodSync, linkSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import type * as NodeFsPromises from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { receiveInboxFile } from './inboxFile';

/** Called before the first rename. */
let beforeRename: (() => void) | undefined;
vi.mock('node:fs/promises', async (importOriginal) => {
  const actual = await importOriginal<typeof NodeFsPromises>();
  const rename = async (from: string, to: string): Promise<void> => {
    beforeRename?.();
    beforeRename = undefined;
    await actual.rename(from, to);
  };
  return { ...actual, rename };
});

const { signal } = new AbortController();

/** An inbox with the file `a`, and the path of an object that the file is, or could become. */
function inboxWith(content: string, { mode, isStored }: { mode: number; isStored: boolean }) {
  const inbox = temporaryFolder();
  const file = join(inbox, 'a');
  const object = join(temporaryFolder(), 'object');
  writeFileSync(file, content);
  chmodSync(file, mode);
  if (isStored) linkSync(file, object);
  return { inbox, file, object };
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array, undefined> {
  for (const text of texts) yield Buffer.from(text);
}

test('a part that is stored as an object at the last moment is not changed', async () => {
  const { inbox, file, object } = inboxWith('old', { mode: 0o600, isStored: false });
  beforeRename = () => linkSync(file, object);
  await receiveInboxFile({ inbox, path: 'a', size: 5, offset: 2, signal }, pieces('new'));
  expect([readFileSync(file, 'utf8'), readFileSync(object, 'utf8')]).toEqual(['olnew', 'old']);
  expect(statSync(object).mode & 0o777).toBe(0o600);
  expect(readdirSync(inbox)).toEqual(['a']);
});

test('only the beginning of a complete file is copied, which may be about to become an object', async () => {
  const { inbox, file } = inboxWith('old', { mode: 0o600, isStored: false });
  truncateSync(file, 2 ** 42);
  chmodSync(file, 0o444);
  const { ino } = statSync(file);
  await receiveInboxFile({ inbox, path: 'a', size: 5, offset: 2, signal }, pieces('new'));
  expect(readFileSync(file, 'utf8')).toBe('olnew');
  expect(statSync(file).ino).not.toBe(ino);
});

test('an object stays in its place if the request ends while its beginning is copied', async () => {
  const { inbox, file, object } = inboxWith('old', { mode: 0o444, isStored: true });
  const target = { inbox, path: 'a', size: 5, offset: 2, signal: AbortSignal.abort(new Error('gone')) };
  await expect(receiveInboxFile(target, pieces('new'))).rejects.toThrow('gone');
  expect(readdirSync(inbox)).toEqual(['a']);
  expect(statSync(file).ino).toBe(statSync(object).ino);
});

test('a whole file stays as it is, and takes no more bytes', async () => {
  const { inbox, file, object } = inboxWith('old', { mode: 0o444, isStored: true });
  const target = { inbox, path: 'a', size: 3, offset: 3, signal };
  await receiveInboxFile(target, pieces());
  await expect(receiveInboxFile(target, pieces('', 'x'))).rejects.toThrow('is larger than declared');
  expect(statSync(file).ino).toBe(statSync(object).ino);
  expect(readFileSync(file, 'utf8')).toBe('old');
});
