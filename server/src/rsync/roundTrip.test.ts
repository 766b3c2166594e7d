import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { puts, sha256, writeFiles, type Files } from '../../test/changes';
import { temporaryFolder } from '../../test/temporaryFolder';
import { startTestServer, type TestServer } from '../../test/testServer';
import { push, receive, send } from '../../test/transfers';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const hostileFiles: Files = {
  'new\nline': 'newline',
  'carriage\rreturn': 'return',
  '*?[glob]': 'glob',
  '-rf': 'dash',
  '--delete': 'dashes',
  '#hash': 'hash',
  ';semicolon': 'semicolon',
  ' leading and trailing ': 'spaces',
  '$(touch x)`id`&|': 'shell',
  'ünïcödé/日本語/🌴': 'unicode',
  'e\u0301 and \u00e9': 'two forms',
  [`deep/${'n'.repeat(255)}`]: 'longest segment',
  [`${'é'.repeat(127)}/${'d'.repeat(255)}/f`]: 'longest folders',
  'folder/.hidden': 'hidden',
  '.~tmp~/x': 'like a temporary folder',
  'quote\'"': 'quotes',
  'tab\tbell\u0007': 'control characters',
  '%RSYNC_MODULE_NAME%': 'percent',
  empty: '',
};

test('files with hostile names come back unchanged', async () => {
  await server.api.makeTree('hostile');
  expect(await push(server, 'hostile', 0, hostileFiles)).toBe(1);
  const paths = Object.keys(hostileFiles);
  const session = (await server.api.beginPull('hostile', { revision: 1, paths })).body;
  const pulled = await receive(server, 'hostile', session, paths);
  expect(pulled).toMatchObject({ exit: 0, stderr: '', close: { code: 1000 } });
  for (const path of paths) {
    expect(readFileSync(join(pulled.folder, path), 'utf8')).toBe(hostileFiles[path]);
  }
});

test('a one-byte edit of a 20 MB file transfers little and does not change the old object', async () => {
  await server.api.makeTree('big');
  const before = new Uint8Array(20 << 20);
  for (let index = 0; index < before.length; index += 4) before[index] = (index * 2654435761) >>> 24;
  await push(server, 'big', 0, { 'folder/big.bin': before });
  const object = server.services.objects.fileOf(sha256(before));
  const { ino } = statSync(object);

  const after = Uint8Array.from(before);
  after[10 << 20] = 255 - (after[10 << 20] ?? 0);
  const source = temporaryFolder();
  writeFiles(source, { 'folder/big.bin': after });
  const begun = await server.api.beginPush('big', { base: 1, changes: puts({ 'folder/big.bin': after }) });
  const sent = await send(server, 'big', begun.body, source, begun.body.upload);
  expect(sent).toMatchObject({ exit: 0, stderr: '' });
  expect(sent.bridge.counts.sent + sent.bridge.counts.received).toBeLessThan(200_000);
  expect((await server.api.commit('big', begun.body.id)).body).toMatchObject({ revision: 2 });

  expect(sha256(readFileSync(object))).toBe(sha256(before));
  expect(statSync(object)).toMatchObject({ ino, mode: 0o100444 });
  expect(sha256(readFileSync(server.services.objects.fileOf(sha256(after))))).toBe(sha256(after));
});

test('a view keeps its revision while another is pushed', async () => {
  await server.api.makeTree('views');
  await push(server, 'views', 0, { a: 'first', b: 'first too' });
  const session = (await server.api.beginPull('views', { revision: 1, paths: ['a', 'b'] })).body;
  await push(server, 'views', 1, { a: 'second' });
  const pulled = await receive(server, 'views', session, ['a', 'b']);
  expect(readFileSync(join(pulled.folder, 'a'), 'utf8')).toBe('first');
  expect(readFileSync(join(pulled.folder, 'b'), 'utf8')).toBe('first too');
});

test('an ended session leaves no folder', async () => {
  await server.api.makeTree('ended');
  await push(server, 'ended', 0, { a: 'one' });
  const session = (await server.api.beginPull('ended', { revision: 1, paths: ['a'] })).body;
  const folder = join(server.dataFolder, 'sessions', session.id);
  expect(readdirSync(join(folder, 'files'))).toEqual(['a']);
  expect((await server.api.end('ended', 'pulls', session.id)).status).toBe(204);
  expect(statSync(folder, { throwIfNoEntry: false })).toBeUndefined();
  expect((await server.api.end('ended', 'pulls', session.id)).status).toBe(204);
});
