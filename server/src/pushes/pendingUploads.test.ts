import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { puts, sha256, type Files } from '../../test/changes';
import { fillInbox } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';

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

/** A push whose files have arrived while an rsync runs that goes on. */
async function beginWith(files: Files, declared: Files = files) {
  const { id } = (await server.api.beginPush(tree, { base: 0, changes: puts(declared) })).body;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  server.services.pendingUploads.onRunStarted(id, {
    ended,
    isClosing: false,
    succeeded: true,
    part: undefined,
    stop: end,
  });
  fillInbox(server, id, files);
  return { id, end };
}

async function taken(content: string): Promise<void> {
  while (!existsSync(objectOf(content))) await turn();
}

test('what has arrived is taken while the rest is on its way, and the commit takes the rest', async () => {
  const { id, end } = await beginWith(
    { 'folder/early': 'early one' },
    { 'folder/early': 'early one', late: 'late one' },
  );
  await taken('early one');
  expect(existsSync(objectOf('late one'))).toBe(false);
  fillInbox(server, id, { late: 'late one' });
  end();
  expect(await server.api.commit(tree, id)).toMatchObject({ status: 200 });
  expect(readFileSync(objectOf('late one'), 'utf8')).toBe('late one');
});

test('when the runs have ended all that came is taken, before a commit is asked for', async () => {
  const missing = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, `${name} never came`]));
  const { end } = await beginWith(
    { last: 'behind many that are not there' },
    { ...missing, last: 'behind many that are not there' },
  );
  end();
  await taken('behind many that are not there');
});

test('what has arrived with other content is not taken', async () => {
  const { id, end } = await beginWith({ a: 'wrong', b: 'taken first' }, { a: 'right', b: 'taken first' });
  await taken('taken first');
  expect(existsSync(objectOf('right'))).toBe(false);
  end();
  const details = { paths: ['a'] };
  expect(await server.api.commit(tree, id)).toMatchObject({ status: 422, body: { error: { details } } });
  fillInbox(server, id, { a: 'right' });
  expect(await server.api.commit(tree, id)).toMatchObject({ status: 200 });
});

test('what was taken and is not what it was any more is read again', async () => {
  const { id, end } = await beginWith({ a: 'as declared' });
  await taken('as declared');
  chmodSync(objectOf('as declared'), 0o644);
  writeFileSync(objectOf('as declared'), 'as DECLARED');
  end();
  expect(await server.api.commit(tree, id)).toMatchObject({ status: 422 });
  fillInbox(server, id, { a: 'as declared' });
  expect(await server.api.commit(tree, id)).toMatchObject({ status: 200 });
  expect(readFileSync(objectOf('as declared'), 'utf8')).toBe('as declared');
});

test('a file of that name that comes after it leaves the object as it was', async () => {
  const { id, end } = await beginWith({ a: 'came first' });
  await taken('came first');
  const inbox = server.services.store.filesFolderOf(id);
  writeFileSync(join(inbox, 'other'), 'came later');
  renameSync(join(inbox, 'other'), join(inbox, 'a'));
  end();
  await server.api.commit(tree, id);
  expect(readFileSync(objectOf('came first'), 'utf8')).toBe('came first');
});
