import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { put, symlink } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';
import type { Change } from '../contract/schemas';

let server: TestServer;
let tree = '';
let trees = 0;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  tree = `tree-${++trees}`;
  await server.api.makeTree(tree);
});

async function push(base: number, changes: readonly Change[]) {
  return server.api.beginPush(tree, { base, changes: [...changes] });
}

const refusal = (...paths: string[]) => ({
  status: 422,
  body: { error: { code: 'invalid_link', details: { paths: expect.toSatisfy((named) => same(named, paths)) } } },
});
const same = (left: string[], right: string[]) => left.toSorted().join() === right.toSorted().join();

it.each([
  ['is absolute', '/etc/passwd'],
  ['is above the tree', '../../x'],
  ['leaves the tree and comes back', '../../tree/a'],
  ['is longer than a path can be', 'x'.repeat(4_096)],
  ['is empty', ''],
  ['has a NUL character', 'b\0c'],
  ['is on a Windows drive', 'C:/Windows'],
])('a symlink whose target %s is refused, and named', async (_, target) => {
  expect(await push(0, [put('good', '1'), symlink('d/link', target), symlink('fine', 'good')])).toMatchObject(
    refusal('d/link'),
  );
});

it('two links that lead outside together are refused in one push', async () => {
  const changes = [symlink('0esc', 'a/b/c/..'), symlink('a/b/c', '../..')];
  expect(await push(0, changes)).toMatchObject(refusal('0esc', 'a/b/c'));
});

it('the later of two pushes that lead outside together is refused', async () => {
  expect(await pushDirectly(server, tree, 0, {}, { changes: [symlink('0esc', 'a/b/c/..')] })).toBe(1);
  expect(await push(1, [put('x', '1'), symlink('a/b/c', '../..')])).toMatchObject(refusal('a/b/c'));
  expect(await push(1, [symlink('A/B/c', '../..')])).toMatchObject(refusal('A/B/c'));
});

it('a deletion that makes another link lead outside is refused', async () => {
  const links = [symlink('0esc', 'a/b/c/../..'), symlink('a/b/c', 'd/../../..'), symlink('a/b/d', 'x/y/z')];
  expect(await pushDirectly(server, tree, 0, {}, { changes: links })).toBe(1);
  expect(await push(1, [{ op: 'delete', path: 'a/b/d' }])).toMatchObject(refusal('a/b/d'));
  expect(
    await push(
      1,
      links.map(({ path }) => ({ op: 'delete', path })),
    ),
  ).toMatchObject({ status: 201 });
});

it('links that stay inside are accepted', async () => {
  const links = [symlink('a/up', '..'), symlink('here', '.'), symlink('loop', 'loop'), symlink('x/y', '../a/up/none')];
  expect(await pushDirectly(server, tree, 0, {}, { changes: links })).toBe(1);
});
