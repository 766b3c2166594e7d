import { afterEach, beforeEach, expect, test } from 'vitest';
import { pushDirectly } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';

let server: TestServer;

beforeEach(async () => {
  server = await startTestServer();
  await server.api.makeTree('old');
  await pushDirectly(server, 'old', 0, { a: 'one' });
});
afterEach(() => server.stop());

const rename = (name: string, newName: string) => server.services.treeAdministration.rename(name, newName);
const clientOf = async (name: string, trees: string[] | null) =>
  server.as(await server.services.tokens.create(name, trees));
const codeOf = async (client: TestServer['api'], tree: string): Promise<unknown> => {
  const { status, body } = await client.table(tree);
  return status === 200 ? 200 : (body as unknown as { error: unknown }).error;
};

test('tokens that are limited to a tree follow its new name', async () => {
  const limited = await clientOf('limited', ['old']);
  const both = await clientOf('both', ['old', 'new']);
  await rename('old', 'new');
  for (const client of [limited, both, server.api]) {
    expect(await codeOf(client, 'new')).toBe(200);
    expect(await codeOf(client, 'old')).toEqual({
      code: 'tree_renamed',
      message: 'the tree old was renamed to new',
      details: { name: 'new' },
    });
  }
  await rename('new', 'newest');
  expect(await codeOf(limited, 'old')).toMatchObject({ details: { name: 'newest' } });
  expect(await codeOf(limited, 'new')).toMatchObject({ details: { name: 'newest' } });
  await rename('newest', 'old');
  expect(await codeOf(limited, 'old')).toBe(200);
});

test('a token learns neither the new name nor the end of a tree that it may not reach', async () => {
  const stranger = await clientOf('stranger', ['other']);
  await rename('old', 'new');
  expect(await codeOf(stranger, 'old')).toMatchObject({ code: 'forbidden' });
  const late = await clientOf('late', ['old']);
  expect(await codeOf(late, 'old')).toMatchObject({ code: 'tree_not_found' });
  await server.services.treeAdministration.delete('new');
  expect(await codeOf(stranger, 'new')).toMatchObject({ code: 'forbidden' });
});

test('the former name of a tree is free for another tree', async () => {
  await rename('old', 'new');
  expect(await server.api.makeTree('old')).toMatchObject({ status: 201, body: { revision: 0 } });
  expect(await codeOf(server.api, 'old')).toBe(200);
  await expect(rename('old', 'new')).rejects.toThrow('A tree named "new" exists.');
  await expect(rename('absent', 'x')).rejects.toThrow('No tree is named "absent".');
});

test('a push that began before its tree was deleted is not committed', async () => {
  const begun = await server.api.beginPush('old', { base: 1, changes: [{ op: 'delete', path: 'a' }] });
  const { id } = await server.services.trees.find('old');
  await server.services.treeAdministration.delete('old');
  const push = await server.services.sessions.pushRecord(begun.body.id);
  const commit = { treeId: id, pushId: begun.body.id, tokenId: 1, tokenName: 'alice', push };
  await expect(server.services.pushes.commit(commit)).rejects.toMatchObject({ code: 'tree_deleted' });
});
