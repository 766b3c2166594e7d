import { afterAll, beforeAll, expect, test } from 'vitest';
import { put, sha256 } from '../../test/changes';
import { fillInbox } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';
import { ndjsonBlocks } from '../contract/ndjson';
import type { ErrorBody, PushSession } from '../contract/schemas';

const maxBodyBytes = 2_000_000;
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ maxBodyBytes });
  await server.api.makeTree('notes');
});
afterAll(() => server.stop());

/** Sends the text in chunks that end in the middle of lines. */
async function post(kind: 'pushes' | 'pulls', text: string) {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / 1001) }, (_, index) =>
    bytes.subarray(index * 1001, (index + 1) * 1001),
  );
  const response = await server.app.request(`/v1/trees/notes/${kind}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/x-ndjson' },
    body: ReadableStream.from(chunks),
    duplex: 'half',
  });
  return { status: response.status, body: (await response.json()) as PushSession & ErrorBody };
}

const ndjson = (head: object, items: readonly unknown[]): string => [...ndjsonBlocks(head, items)].join('');

test('a push and a pull may be sent as NDJSON', async () => {
  const paths = Array.from({ length: 1_200 }, (_, number) => `é/${number}`);
  const changes = paths.map((path) => put(path, path));
  const begun = await post('pushes', ndjson({ base: 0, count: 1_200, folders: ['é'], message: 'all' }, changes));
  expect(begun).toMatchObject({ status: 201, body: { base: 0, upload: paths } });
  fillInbox(server, begun.body.id, Object.fromEntries(paths.map((path) => [path, path])));
  expect(await server.api.commit('notes', begun.body.id)).toMatchObject({ status: 200, body: { revision: 1 } });
  const { body: table } = await server.api.table('notes');
  expect(table.folders).toEqual(['é']);
  expect(table.files).toHaveLength(1_200);
  expect(table.files).toContainEqual(expect.objectContaining({ path: 'é/7', hash: sha256('é/7'), revision: 1 }));
  expect(await post('pulls', ndjson({ revision: 1, count: 2 }, ['é/0', 'é/1199']))).toMatchObject({ status: 201 });
});

const head = { base: 0, count: 1 };
const invalid = { status: 422, body: { error: { code: 'invalid_request' } } };

test.each([
  ['is empty', '', invalid],
  ['has no head', ndjson(put('a', '1'), []), invalid],
  ['has fewer items than its count', ndjson({ ...head, count: 2 }, [put('a', '1')]), invalid],
  ['has more items than its count', ndjson(head, [put('a', '1'), put('b', '1')]), invalid],
  ['has a line that is not an item', ndjson(head, [{ path: 'a' }]), invalid],
  ['ends in the middle of a line', ndjson(head, [put('a', '1')]).slice(0, -9), invalid],
  [
    'has an invalid path',
    ndjson(head, [put('a/../b', '1')]),
    { status: 422, body: { error: { code: 'invalid_path', details: { paths: ['a/../b'] } } } },
  ],
  ['is too long', ndjson({ base: 0, count: 0 }, ['x'.repeat(maxBodyBytes)]), { status: 413 }],
])('a list that %s is refused', async (_, text, refused) => {
  expect(await post('pushes', text)).toMatchObject(refused);
});
