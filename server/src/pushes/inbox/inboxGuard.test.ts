import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Change } from '../../contract/schemas';
import { put, puts, writeFiles } from '../../../test/changes';
import { eventually } from '../../../test/eventually';
import { runRsync } from '../../../test/rsyncClient';
import { connect, type Connect } from '../../../test/tcpBridge';
import { connectFramed } from '../../../test/framedClient';
import { temporaryFolder } from '../../../test/temporaryFolder';
import { startTestServer, type TestServer } from '../../../test/testServer';
import { send } from '../../../test/transfers';

let server: TestServer;
let tree: string;
let made = 0;
let source: string;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  tree = `tree-${++made}`;
  await server.api.makeTree(tree);
  source = temporaryFolder();
});

const begin = async (changes: Change[]) => {
  const begun = await server.api.beginPush(tree, { base: 0, changes });
  expect(begun.status).toBe(201);
  return begun.body;
};
const inboxOf = (id: string) => server.services.sessions.filesFolderOf(id);
const statusOf = (id: string) => server.api.call('GET', `/v1/trees/${tree}/sessions/${id}`);
const sendAll = async (
  session: { id: string; module: string; password: string },
  options: readonly string[],
  connectBy?: Connect,
) => {
  const target = { url: await server.rsyncUrl(tree, session.id), token: server.token, connect: connectBy };
  const { module, password } = session;
  return runRsync(target, { arguments: ['-rI', ...options, './', 'MODULE/'], module, password, cwd: source });
};
const everything = (id: string) => readdirSync(inboxOf(id), { recursive: true }).map(String);

test.each([
  ['compressed zeros', ['--compress'], { size: 768 << 20 }],
  ['compressed zeros in frames', ['--compress'], { size: 768 << 20 }, connectFramed],
  ['compressed zeros that a cut would keep', ['--compress', '--partial'], { size: 768 << 20 }],
  ['random bytes', ['--whole-file'], { content: randomBytes(48 << 20) }],
  ['random bytes in frames', ['--whole-file'], { content: randomBytes(48 << 20) }, connectFramed],
])(
  'a push that declared one byte and sends %s is cut, and leaves nothing',
  async (_, options, file, connectBy?: Connect) => {
    const session = await begin([put('a', '1')]);
    writeFileSync(join(source, 'a'), 'content' in file ? file.content : '');
    if ('size' in file) truncateSync(join(source, 'a'), file.size);
    const sent = await sendAll(session, options, connectBy);
    expect(sent.exit).not.toBe(0);
    expect(sent.close.code).toBe(1008);
    const error = (await statusOf(session.id)).body as { error: { code: string } };
    expect(['content_mismatch', 'invalid_request']).toContain(error.error.code);
    await eventually(() => expect(everything(session.id)).toEqual([]));
  },
);

test('a push that brings a block of the old content again and again is cut', async () => {
  const block = randomBytes(1 << 20);
  const first = { a: block };
  const session = await begin(puts(first));
  writeFiles(source, first);
  expect(await send(server, tree, session, source, ['a'])).toMatchObject({ exit: 0 });
  expect(await server.api.commit(tree, session.id)).toMatchObject({ status: 200 });
  const next = await server.api.beginPush(tree, { base: 1, changes: [put('a', '1')] });
  writeFileSync(join(source, 'a'), '');
  for (let count = 0; count < 200; count++) appendFileSync(join(source, 'a'), block);
  const sent = await sendAll(next.body, ['--no-whole-file']);
  expect(sent.close.code).toBe(1008);
  expect(await statusOf(next.body.id)).toMatchObject({
    status: 422,
    body: { error: { code: 'content_mismatch', details: { paths: ['a'] } } },
  });
});

test('a push that sends files or folders that it did not declare is cut, and they are removed', async () => {
  for (const [name, files] of [
    ['files', Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`undeclared-${index}`, 'x']))],
    ['folders', { 'b/c/d/e': 'x' }],
  ] as const) {
    const session = await begin([put('a', '1'), put(`${name}/declared`, '2')]);
    source = temporaryFolder();
    writeFiles(source, { a: '1', ...files });
    await sendAll(session, []);
    await eventually(() => expect(new Set(everything(session.id))).toEqual(new Set(['a', name])));
    const fault = { status: 422, body: { error: { code: 'content_mismatch' } } };
    expect(await statusOf(session.id)).toMatchObject(fault);
  }
});

test('after a cut, the same session can bring what it declared', async () => {
  const session = await begin([put('a', '1')]);
  writeFileSync(join(source, 'a'), randomBytes(48 << 20));
  expect((await sendAll(session, ['--partial'])).close.code).toBe(1008);
  await eventually(() => expect(server.services.activity.isBusy(session.id)).toBe(false));
  writeFileSync(join(source, 'a'), '1');
  expect(await sendAll(session, [])).toMatchObject({ exit: 0 });
  expect(await server.api.commit(tree, session.id)).toMatchObject({ status: 200 });
});

test('when the disk has no room left, pushes are ended with that reason', async () => {
  let keptBytes = 0;
  const space = {
    get keptBytes() {
      return keptBytes;
    },
  };
  const scarce = await startTestServer({ space });
  await scarce.api.makeTree(tree);
  const { body } = await scarce.api.beginPush(tree, { base: 0, changes: [put('a', '1')] });
  const socket = connect(await scarce.rsyncUrl(tree, body.id), scarce.token);
  await once(socket, 'message');
  keptBytes = Number.MAX_SAFE_INTEGER;
  expect((await once(socket, 'close'))[0]).toBe(1008);
  expect(await scarce.api.call('GET', `/v1/trees/${tree}/sessions/${body.id}`)).toMatchObject({
    status: 507,
    body: { error: { code: 'storage_full' } },
  });
  await scarce.stop();
});

test('a log that grows while it is sent, and a file that appears in a pushed folder, cut nothing', async () => {
  const files = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`folder/${index}`, `content ${index}`]));
  const log = randomBytes(24 << 20);
  const session = await begin(puts({ ...files, log }));
  writeFiles(source, { ...files, log, 'folder/appeared': 'x' });
  appendFileSync(join(source, 'log'), 'another line\n');
  expect(await sendAll(session, [])).toMatchObject({ exit: 0, close: { code: 1000 } });
  expect(await server.api.commit(tree, session.id)).toMatchObject({
    status: 422,
    body: { error: { code: 'content_mismatch', details: { paths: ['log'] } } },
  });
});

test('a long name, and one that begins with a dot, is declared while rsync writes it', async () => {
  const files = { ['n'.repeat(250)]: randomBytes(6 << 20), '.hidden': randomBytes(6 << 20), ['é'.repeat(120)]: 'x' };
  const session = await begin(puts(files));
  writeFiles(source, files);
  expect(await sendAll(session, [])).toMatchObject({ exit: 0, close: { code: 1000 } });
  expect(await server.api.commit(tree, session.id)).toMatchObject({ status: 200 });
});
