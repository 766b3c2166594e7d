import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { put } from '../../test/changes';
import { temporaryFolder } from '../../test/temporaryFolder';
import { readPush, writePush } from './pushRecord';

const changes = Array.from({ length: 1_500 }, (_, number) => put(`é\n${number}`, `${number}`));
const uploads = changes.slice(0, 700).map(({ path, hash, size }) => ({ path, hash, size }));
const push = { base: 3, forced: false, folders: ['é'], message: 'all', changes, uploads };

test('reading a push returns what was written', async () => {
  const file = join(temporaryFolder(), 'push.lines');
  await writePush(file, push);
  expect(await readPush(file)).toEqual(push);
  await writePush(file, { base: 0, forced: true, folders: [], changes: [], uploads: [] });
  expect(await readPush(file)).toEqual({ base: 0, forced: true, folders: [], changes: [], uploads: [] });
});

test('an upload that no change has, as one of a forced push, is returned as it was', async () => {
  const file = join(temporaryFolder(), 'push.lines');
  const [upload] = uploads;
  const other = { path: 'unchanged', hash: 'a'.repeat(64), size: 7 };
  const renewed = { path: upload?.path ?? '', hash: 'b'.repeat(64), size: 8 };
  const forced = { ...push, forced: true, uploads: [renewed, other, ...uploads] };
  await writePush(file, forced);
  expect(await readPush(file)).toEqual(forced);
});

test('a push that an older server has recorded is read', async () => {
  const file = join(temporaryFolder(), 'push.lines');
  const head = { base: 3, forced: false, folders: ['é'], message: 'all', count: { changes: 1_500, uploads: 700 } };
  writeFileSync(file, [head, ...changes, ...uploads].map((line) => `${JSON.stringify(line)}\n`).join(''));
  expect(await readPush(file)).toEqual(push);
});

test.each([0, 1, 700, 2_200])('a record truncated after %d lines is refused', async (lines) => {
  const file = join(temporaryFolder(), 'push.lines');
  await writePush(file, push);
  const text = readFileSync(file, 'utf8').split('\n').slice(0, lines).join('\n');
  writeFileSync(file, text);
  await expect(readPush(file)).rejects.toThrow('truncated');
});
