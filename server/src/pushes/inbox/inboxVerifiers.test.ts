import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { puts, sha256, type Files } from '../../../test/changes';
import { fillInbox } from '../../../test/directPush';
import { startTestServer, type TestServer } from '../../../test/testServer';

let server: TestServer;
let tree: string;
let made = 0;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  tree = `tree-${++made}`;
  await server.api.makeTree(tree);
});

const objectOf = (content: string): string => server.services.objects.fileOf(sha256(content));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Begins a push and puts `files` into its inbox while a run is in progress. */
async function beginWith(files: Files, declared: Files = files) {
  const { id } = (await server.api.beginPush(tree, { base: 0, changes: puts(declared) })).body;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  server.services.inboxVerifiers.onRunStarted(id, {
    ended,
    isClosing: false,
    succeeded: true,
    part: undefined,
    received: 0,
    stop: end,
  });
  fillInbox(server, id, files);
  return { id, end };
}

async function stored(content: string): Promise<void> {
  while (!existsSync(objectOf(content))) await turn();
}

test('files are stored while others still arrive, and the commit stores the rest', async () => {
  const { id, end } = await beginWith(
    { 'folder/early': 'early one' },
    { 'folder/early': 'early one', late: 'late one' },
  );
  await stored('early one');
  expect(existsSync(objectOf('late one'))).toBe(false);
  fillInbox(server, id, { late: 'late one' });
  end();
  expect(await server.api.commit(tree, id)).toMatchObject({ status: 200 });
  expect(readFileSync(objectOf('late one'), 'utf8')).toBe('late one');
});

test('the final pass stores all files when the runs have ended, before the commit', async () => {
  const missing = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, `${name} never came`]));
  const { end } = await beginWith(
    { last: 'after many missing files' },
    { ...missing, last: 'after many missing files' },
  );
  end();
  await stored('after many missing files');
});

test('a file with other content is not stored', async () => {
  const { id, end } = await beginWith({ a: 'wrong', b: 'stored first' }, { a: 'right', b: 'stored first' });
  await stored('stored first');
  expect(existsSync(objectOf('right'))).toBe(false);
  end();
  const details = { paths: ['a'] };
  expect(await server.api.commit(tree, id)).toMatchObject({ status: 422, body: { error: { details } } });
  fillInbox(server, id, { a: 'right' });
  expect(await server.api.commit(tree, id)).toMatchObject({ status: 200 });
});

test('an object that changed after it was verified is read again', async () => {
  const { id, end } = await beginWith({ a: 'as declared' });
  await stored('as declared');
  chmodSync(objectOf('as declared'), 0o644);
  writeFileSync(objectOf('as declared'), 'as DECLARED');
  end();
  expect(await server.api.commit(tree, id)).toMatchObject({ status: 422 });
  fillInbox(server, id, { a: 'as declared' });
  expect(await server.api.commit(tree, id)).toMatchObject({ status: 200 });
  expect(readFileSync(objectOf('as declared'), 'utf8')).toBe('as declared');
});

test('a later file with the same name does not change the object', async () => {
  const { id, end } = await beginWith({ a: 'came first' });
  await stored('came first');
  const inbox = server.services.sessions.filesFolderOf(id);
  writeFileSync(join(inbox, 'other'), 'came later');
  renameSync(join(inbox, 'other'), join(inbox, 'a'));
  end();
  await server.api.commit(tree, id);
  expect(readFileSync(objectOf('came first'), 'utf8')).toBe('came first');
});
